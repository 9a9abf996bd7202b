"""What is wrong with a conversation in OpenAI's chat as a whole: content, tool calls, results."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown

_MOST_METADATA, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512  # properties, letters
_INSTEAD = ("tool_calls", "function_call", "refusal", "audio")  # of an assistant's content


def lacks_content(message: Any, _request: CheckedRequest) -> Found | None:
    """A message without content; a tool call or a refusal of the assistant's stands for it."""
    if not isinstance(message, dict) or message.get("content") is not None:
        return None
    if message.get("role") == "developer":
        return None
    if message.get("role") == "assistant" and any(message.get(key) for key in _INSTEAD):
        return None
    return found("content")


def developer_without_content(message: Any, _request: CheckedRequest) -> Found | None:
    """A developer's message without content, which has words of its own."""
    if not isinstance(message, dict) or message.get("role") != "developer":
        return None
    return None if "content" in message else found("content")


def developer_with_null(message: Any, _request: CheckedRequest) -> Found | None:
    """A developer's message whose content is null."""
    if not isinstance(message, dict) or message.get("role") != "developer":
        return None
    return found("content") if message.get("content", "") is None else None


def tool_without_id(message: Any, _request: CheckedRequest) -> Found | None:
    """A tool's message that does not say which call it answers."""
    if not isinstance(message, dict) or message.get("role") != "tool":
        return None
    return None if "tool_call_id" in message else found("tool_call_id")


def toolless(value: Any, request: CheckedRequest) -> Found | None:
    """What says how to call tools, where there are none."""
    return WRONG if value is not None and not request.body.get("tools") else None


def both_limits(value: Any, request: CheckedRequest) -> Found | None:
    """Both names of the limit of an answer's tokens at once."""
    return WRONG if value is not None and request.body.get("max_tokens") is not None else None


def call_without(key: str) -> Wrong:
    """A function's call without this key."""

    def wrong(call: Any, _request: CheckedRequest) -> Found | None:
        return found(key) if isinstance(call, dict) and key not in call else None

    return wrong


def call_without_result(messages: Any, _request: CheckedRequest) -> Found | None:
    """Tool calls that the tool messages right behind do not answer."""
    missing: list[str] = []
    for index, message in enumerate(_listed(messages)):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "tool":
            missing = [each for each in missing if each != str(message.get("tool_call_id"))]
        elif missing:
            return found(index, ids=", ".join(missing))
        elif role == "assistant":
            missing = _calls(message)
    return found(len(messages) - 1, ids=", ".join(missing)) if missing else None


def result_without_call(messages: Any, _request: CheckedRequest) -> Found | None:
    """A tool message with no tool call before it that it answers."""
    called: list[str] = []
    for index, message in enumerate(_listed(messages)):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "assistant":
            called = _calls(message)
        elif role != "tool":
            called = []
        elif str(message.get("tool_call_id")) not in called:
            return found(index)
    return None


def json_unmentioned(kind: Any, request: CheckedRequest) -> Found | None:
    """JSON mode without the word JSON in any message."""
    if kind != "json_object":
        return None
    return None if b"json" in _conversation(request) else WRONG


def _conversation(request: CheckedRequest) -> bytes:
    """All of the messages, in small letters; what else is in the body may name JSON by itself."""
    texts: list[str] = []
    for _, message in request.at("messages[]"):
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [content]
        texts += [str(part.get("text") if isinstance(part, dict) else part) for part in parts]
    return " ".join(texts).lower().encode("utf-8", "replace")


def _calls(message: dict[str, Any]) -> list[str]:
    """The ids of an assistant's tool calls."""
    calls = message.get("tool_calls")
    return [str(call.get("id")) for call in _listed(calls) if isinstance(call, dict)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def tool_without_function(tool: Any, _request: CheckedRequest) -> Found | None:
    """A function tool without its function, as Responses and others have it."""
    is_function = isinstance(tool, dict) and tool.get("type") == "function"
    return found("function") if is_function and "function" not in tool else None


def choice_without_function(choice: Any, _request: CheckedRequest) -> Found | None:
    """A forced tool that is not named as chat names it."""
    if not isinstance(choice, dict) or choice.get("type") in ("allowed_tools", "custom"):
        return None
    return None if "function" in choice else found("function")


def unknown_tool(choice: Any, request: CheckedRequest) -> Found | None:
    """A forced function that is not offered."""
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        return None
    offered = [each for _, each in request.at("tools[].function.name")]
    return None if name in offered else found(name=shown(name))


def choice_of_no_tool(choice: Any, request: CheckedRequest) -> Found | None:
    """A tool that Responses has to use and that is not offered; a stored prompt may offer it."""
    kind = choice.get("type") if isinstance(choice, dict) else None
    if not isinstance(kind, str) or kind == "allowed_tools" or request.body.get("prompt"):
        return None
    tools = [tool for _, tool in request.at("tools[]") if isinstance(tool, dict)]
    if kind in ("function", "custom"):
        name = choice.get("name")
        offered = any(tool.get("type") == kind and tool.get("name") == name for tool in tools)
        return None if offered else found(name=shown(name))
    kinds = [str(tool.get("type")) for tool in tools]  # web_search_preview is a web_search
    offered = any(each.startswith(kind) or kind.startswith(each) for each in kinds)
    return None if offered else found(name=shown(kind))


def format_without_schema(form: Any, _request: CheckedRequest) -> Found | None:
    """A structured answer without its schema."""
    schema_requested = isinstance(form, dict) and form.get("type") == "json_schema"
    return found("json_schema") if schema_requested and "json_schema" not in form else None


def logprobs_off(value: Any, request: CheckedRequest) -> Found | None:
    """Alternatives of tokens without the tokens' own probabilities."""
    return None if value is None or request.body.get("logprobs") else WRONG


def stream_off(value: Any, request: CheckedRequest) -> Found | None:
    """Options of a stream for an answer in one piece."""
    return None if value is None or request.body.get("stream") else WRONG


def too_many_metadata(metadata: Any, _request: CheckedRequest) -> Found | None:
    """More properties than are kept."""
    many = isinstance(metadata, dict) and len(metadata) > _MOST_METADATA
    return found(count=len(metadata)) if many else None


def long_metadata_key(metadata: Any, _request: CheckedRequest) -> Found | None:
    """A property with too long a name."""
    for key in metadata if isinstance(metadata, dict) else ():
        if len(key) > _LONGEST_KEY:
            return found(key, key=shown(key), count=len(key))
    return None


def long_metadata_value(metadata: Any, _request: CheckedRequest) -> Found | None:
    """A property with too long a value."""
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if isinstance(value, str) and len(value) > _LONGEST_VALUE:
            return found(key, count=len(value))
    return None


def function_without_name(tool: Any, _request: CheckedRequest) -> Found | None:
    """A function without its name, as chat has it, where Responses looks for it."""
    is_function = isinstance(tool, dict) and tool.get("type") == "function"
    return found("name") if is_function and "name" not in tool else None


def format_without_name(form: Any, _request: CheckedRequest) -> Found | None:
    """A structured answer without a name."""
    schema_requested = isinstance(form, dict) and form.get("type") == "json_schema"
    return found("name") if schema_requested and "name" not in form else None


def two_pasts(value: Any, request: CheckedRequest) -> Found | None:
    """A conversation together with a response that this one follows."""
    return WRONG if value and request.body.get("previous_response_id") else None
