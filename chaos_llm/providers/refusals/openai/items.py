"""What is wrong with the items of a Responses input, one by one and together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.openai.forms import noun_of
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown
from chaos_llm.providers.signatures import is_invalid

KINDS = (
    *("additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output"),
    *("code_interpreter_call", "compaction", "compaction_trigger", "computer_call"),
    *("computer_call_output", "custom_tool_call", "custom_tool_call_output", "file_search_call"),
    *("function_call", "function_call_output", "image_generation_call", "item_reference"),
    *("local_shell_call", "local_shell_call_output", "mcp_approval_request"),
    *("mcp_approval_response", "mcp_call", "mcp_list_tools", "message", "multi_agent_call"),
    *("multi_agent_call_output", "program", "program_output", "reasoning", "shell_call"),
    *("shell_call_output", "tool_search_call", "tool_search_output", "web_search_call"),
)
_OF_SDK = ("configuration_update", "context_compaction")  # in openai 3.57, and not in that list
PARTS = (
    *("input_text", "input_image", "input_audio", "output_text", "refusal", "input_file"),
    *("computer_screenshot", "summary_text", "encrypted_content"),
)
_SAID = ("output_text", "refusal")
_HEARD = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")
_ROLES = ("assistant", "system", "developer", "user")
_OF_CODEX = "internal_chat_message_metadata_passthrough"  # seen from Codex 0.171, with an API key
_MEMBERS = {
    "assistant": frozenset(("type", "role", "content", "status", "id", "phase", _OF_CODEX)),
    "user": frozenset(("type", "role", "content", "status", "id", _OF_CODEX)),
}
_PREFIXES = {
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "reasoning": "rs",
    "web_search_call": "ws",
    "message": "msg",
}
_REQUIRED = {
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "custom_tool_call": ("call_id", "name", "input"),
    "custom_tool_call_output": ("call_id", "output"),
    "reasoning": ("summary",),
}
_CIPHER = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
_LONE_REASONING_UNTIL = (5, 5)  # newer models take reasoning without what followed it


def other_type(value: Any, _request: CheckedRequest) -> Found | None:
    """An input that is no text and no list; null counts as an object."""
    if isinstance(value, str | list):
        return None
    if value is None:
        return found(kind="an object", expected="a string")
    return found(kind=noun_of(value), expected="one of a string or array of input items")


def no_item(item: Any, _request: CheckedRequest) -> Found | None:
    """An item that is no object."""
    return None if isinstance(item, dict) else found(kind=noun_of(item))


def unknown_kind(item: Any, _request: CheckedRequest) -> Found | None:
    """An item of an unknown type."""
    if not isinstance(item, dict) or "type" not in item or _is_reference(item):
        return None
    kind = item["type"]
    if isinstance(kind, str) and kind in (*KINDS, *_OF_SDK):
        return None
    kinds = ", ".join(f"'{each}'" for each in KINDS[:-1])
    shown_kind = shown(kind) if isinstance(kind, str) else ""
    return found(kind=shown_kind, kinds=f"{kinds}, and '{KINDS[-1]}'")


def unknown_role(item: Any, _request: CheckedRequest) -> Found | None:
    """A message with an unknown role."""
    if not _is_message(item) or item.get("role") in _ROLES:
        return None
    role = item.get("role", "")
    return found(role=shown(role) if isinstance(role, str) else "")


def without_content(item: Any, _request: CheckedRequest) -> Found | None:
    """A message without content."""
    return found("content") if _is_message(item) and "content" not in item else None


def unknown_member(item: Any, _request: CheckedRequest) -> Found | None:
    """A message with a member that it does not have."""
    if not _is_message(item):
        return None
    members = _MEMBERS.get(str(item.get("role")), _MEMBERS["user"])
    key = next((key for key in item if key not in members), None)
    return None if key is None else found(key, key=shown(key))


def unknown_part(item: Any, _request: CheckedRequest) -> Found | None:
    """A part of a message's content of an unknown type."""
    for index, part in _parts(item):
        kind = part.get("type")
        if kind not in (*PARTS, *_HEARD):
            return found("content", index, "type", kind=shown("" if kind is None else kind))
    return None


def part_of_another(item: Any, _request: CheckedRequest) -> Found | None:
    """What only the assistant says in a message of the user's, or the other way round."""
    is_assistant = _is_message(item) and item.get("role") == "assistant"
    for index, part in _parts(item):
        known = _SAID if is_assistant else _HEARD
        if part.get("type") not in known:
            *others, last = (f"'{each}'" for each in known)
            comma = "," if len(others) > 1 else ""
            kinds = f"{', '.join(others)}{comma} and {last}"
            return found("content", index, kind=part.get("type"), kinds=kinds)
    return None


def part_without_text(item: Any, _request: CheckedRequest) -> Found | None:
    """A part of text without its text."""
    for index, part in _parts(item):
        if part.get("type") in ("input_text", "output_text") and "text" not in part:
            return found("content", index, "text")
    return None


def lacks_member(item: Any, _request: CheckedRequest) -> Found | None:
    """A call or its output without something that it must have."""
    kind = item.get("type") if isinstance(item, dict) else None
    required = _REQUIRED.get(kind, ()) if isinstance(kind, str) else ()
    return next((found(key) for key in required if key not in item), None)


def foreign_id(item: Any, _request: CheckedRequest) -> Found | None:
    """An item with an id of another making."""
    is_item = isinstance(item, dict) and not _is_reference(item)
    kind = item.get("type", "message") if is_item else None
    prefix = _PREFIXES.get(kind) if isinstance(kind, str) else None
    sent = item.get("id") if prefix else None
    if not isinstance(sent, str) or not sent or sent.startswith(str(prefix)):
        return None
    return found("id", id=shown(sent), prefix=prefix)


def reasoning_shown(item: Any, _request: CheckedRequest) -> Found | None:
    """Reasoning with its text, which OpenAI's has not."""
    content = item.get("content") if _is_of(item, "reasoning") else None
    if not isinstance(content, list) or not content:
        return None
    return found("content", count=len(content))


def foreign_cipher(item: Any, _request: CheckedRequest) -> Found | None:
    """Encrypted reasoning that this vendor cannot have written."""
    cipher = item.get("encrypted_content") if _is_of(item, "reasoning") else None
    if cipher is None:
        return None
    is_cipher = isinstance(cipher, str) and _CIPHER.fullmatch(cipher)
    if is_cipher and not is_invalid("openai", "", cipher):
        return None
    return found("encrypted_content", cipher=shown(cipher))


def lone_reasoning(items: Any, request: CheckedRequest) -> Found | None:
    """Reasoning without the item that followed it, for the models that insist on it."""
    facts = request.facts
    insists = facts.family == "o" or (0, 0) < facts.version < _LONE_REASONING_UNTIL
    for index, item in enumerate(items if insists and isinstance(items, list) else ()):
        after = items[index + 1] if index + 1 < len(items) else None
        if _is_of(item, "reasoning") and (after is None or _is_input(after)):
            return found(index, id=shown(item.get("id")))
    return None


def output_without_call(items: Any, request: CheckedRequest) -> Found | None:
    """A function's output whose call is not before it, where no stored turn may hold it."""
    if request.body.get("previous_response_id") or request.body.get("conversation"):
        return None
    called: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if _is_reference(item):
            return None
        if _is_of(item, "function_call"):
            called.add(str(item.get("call_id")))
        elif _is_of(item, "function_call_output") and str(item.get("call_id")) not in called:
            return found(index, id=shown(item.get("call_id")))
    return None


def call_without_output(items: Any, _request: CheckedRequest) -> Found | None:
    """A function's call that nothing answers."""
    each = items if isinstance(items, list) else ()
    answered = {str(i.get("call_id")) for i in each if _is_of(i, "function_call_output")}
    for index, item in enumerate(each):
        if _is_of(item, "function_call") and str(item.get("call_id")) not in answered:
            return found(index, id=shown(item.get("call_id")))
    return None


def empty_input(value: Any, request: CheckedRequest) -> Found | None:
    """An empty input, where nothing stored stands in for it."""
    stored = ("previous_response_id", "conversation", "prompt")
    is_empty = isinstance(value, str | list) and not value
    return WRONG if is_empty and not any(request.body.get(key) for key in stored) else None


def json_unmentioned(kind: Any, request: CheckedRequest) -> Found | None:
    """JSON mode without the word JSON in the input, where no stored turn may have it."""
    stored = ("previous_response_id", "conversation", "prompt")
    if kind != "json_object" or any(request.body.get(key) for key in stored):
        return None
    sent = request.body.get("input")
    texts = [sent] if isinstance(sent, str) else list(_texts(sent))
    return None if any("json" in text.lower() for text in texts) else WRONG


def _texts(items: Any) -> Iterator[str]:
    """The texts of an input's items: messages' contents, arguments and outputs of tools."""
    for item in items if isinstance(items, list) else ():
        for field in ("content", "output", "arguments", "input") if isinstance(item, dict) else ():
            value = item.get(field)
            for part in value if isinstance(value, list) else [value]:
                yield str(part.get("text", "") if isinstance(part, dict) else part)


def absent(key: str, *instead: str) -> Wrong:
    """A body without this key, and without one that stands in for it."""

    def wrong(body: Any, _request: CheckedRequest) -> Found | None:
        return None if key in body or any(body.get(each) for each in instead) else found(key)

    return wrong


def _is_of(item: Any, kind: str) -> bool:
    return isinstance(item, dict) and item.get("type") == kind


def _is_message(item: Any) -> bool:
    is_item = isinstance(item, dict) and not _is_reference(item)
    return is_item and bool(item.get("type", "message") == "message")


def _is_reference(item: Any) -> bool:
    """Whether an item stands for a stored one; its type may be left out."""
    if not isinstance(item, dict) or item.get("type") is not None:
        return _is_of(item, "item_reference")
    return "id" in item and item.keys() <= {"id", "type"}


def _is_input(item: Any) -> bool:
    """Whether an item is a message that the model did not write."""
    return _is_message(item) and item.get("role") != "assistant"


def _parts(item: Any) -> list[tuple[int, dict[str, Any]]]:
    content = item.get("content") if _is_message(item) else None
    parts = content if isinstance(content, list) else []
    return [(index, part) for index, part in enumerate(parts) if isinstance(part, dict)]
