"""What is wrong with a conversation in Bedrock's Converse, alone and with a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, found, shown
from chaos_llm.providers.refusals.tokens import OVER, least_tokens
from chaos_llm.providers.signatures import is_invalid

_ROLES = ("user", "assistant")
_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
_CLAUDE = "anthropic"  # whose signatures hold at every host of Claude's
_LONGEST_NAME = 64
_NO_PREFILL_FROM = (4, 6)
_APART = re.compile(r"(?:\w+\.)?(?:mistral|cohere)\.")  # models whose results come alone


def other_role(messages: Any, _request: CheckedRequest) -> Found | None:
    """A message with an unknown role; AWS counts from 1."""
    for index, message in enumerate(_listed(messages)):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _ROLES:
            shown_role = "null" if role is None else shown(role)
            return found(index, "role", role=shown_role, position=index + 1)
    return None


def no_list(message: Any, _request: CheckedRequest) -> Found | None:
    """Content that is a text, as others have it."""
    content = message.get("content") if isinstance(message, dict) else None
    return None if content is None or isinstance(content, list) else found("content")


def empty_content(message: Any, _request: CheckedRequest) -> Found | None:
    """A message without content."""
    return None if isinstance(message, dict) and message.get("content") else found("content")


def blank_text(message: Any, request: CheckedRequest) -> Found | None:
    """A text of spaces, or none; of Claude's, Claude speaks itself."""
    return None if _is_claude(request) else _blank(message)


def claudes_blank_text(message: Any, request: CheckedRequest) -> Found | None:
    """A text of spaces, or none, for Claude."""
    wrong = _blank(message) if _is_claude(request) else None
    return wrong and found(*wrong.at, kind="be non-empty" if _is_empty(message) else _SPACES)


_SPACES = "contain non-whitespace text"


def _is_empty(message: Any) -> bool:
    return any(block.get("text") == "" for _, block in _blocks(message))


def _blank(message: Any) -> Found | None:
    for index, block in _blocks(message):
        text = block.get("text")
        if isinstance(text, str) and not text.strip():
            return found("content", index, index=index)
    return None


def same_role_twice(messages: Any, _request: CheckedRequest) -> Found | None:
    """Two messages of one role in a row."""
    before: object = None
    for index, message in enumerate(_listed(messages)):
        role = message.get("role") if isinstance(message, dict) else None
        if role == before:
            return found(index, "role", role=role)
        before = role
    return None


def no_tool_config(messages: Any, request: CheckedRequest) -> Found | None:
    """Tool calls or results in a request that offers no tools."""
    if request.body.get("toolConfig"):
        return None
    for index, message in enumerate(_listed(messages)):
        for at, block in _blocks(message):
            if "toolUse" in block or "toolResult" in block:
                return found(index, "content", at)
    return None


def call_without_result(messages: Any, _request: CheckedRequest) -> Found | None:
    """Tool calls that the next message does not answer."""
    each = _listed(messages)
    for index, message in enumerate(each[:-1]):
        calls = _ids(message, "toolUse")
        answered = set(_ids(each[index + 1], "toolResult"))
        missing = [call for call in calls if call not in answered]
        if missing:
            return found(index + 1, "content", ids=", ".join(missing))
    return None


def result_without_call(messages: Any, _request: CheckedRequest) -> Found | None:
    """More tool results than the message before has calls."""
    before: object = None
    for index, message in enumerate(_listed(messages)):
        results = _ids(message, "toolResult")
        called = set(_ids(before, "toolUse"))
        if len(results) > len(called) or any(each not in called for each in results):
            return found(index, "content")
        before = message
    return None


def result_beside_text(message: Any, request: CheckedRequest) -> Found | None:
    """A tool's result together with something else, for models that want it alone."""
    if not _APART.match(request.model):
        return None
    kinds = ["toolResult" in block for _, block in _blocks(message)]
    return found("content") if any(kinds) and not all(kinds) else None


def empty_error(message: Any, _request: CheckedRequest) -> Found | None:
    """A failed tool's result that says nothing."""
    for index, block in _blocks(message):
        result = block.get("toolResult")
        if not isinstance(result, dict) or result.get("status") != "error":
            continue
        if not result.get("content"):
            return found("content", index, "toolResult")
    return None


def foreign_signature(message: Any, request: CheckedRequest) -> Found | None:
    """Thinking without a signature, or with one that no Claude can have written for it."""
    if not _is_claude(request):
        return None
    for index, block in _blocks(message):
        reasoning = block.get("reasoningContent")
        thought = reasoning.get("reasoningText") if isinstance(reasoning, dict) else None
        if not isinstance(thought, dict):
            continue
        signature = thought.get("signature")
        is_base64 = isinstance(signature, str) and _SIGNATURE.fullmatch(signature)
        if not is_base64 or is_invalid(_CLAUDE, str(thought.get("text")), str(signature)):
            return found("content", index)
    return None


def tool_id(message: Any, request: CheckedRequest) -> Found | None:
    """A tool call's id of another vendor's making."""
    places = [place for place, each in request.at("messages[]") if each is message]
    position = int(places[0][1]) + 1 if places else 1
    for index, block in _blocks(message):
        for kind in ("toolUse", "toolResult"):
            part = block.get(kind)
            sent = part.get("toolUseId") if isinstance(part, dict) else None
            if isinstance(sent, str) and not _NAME.fullmatch(sent):
                at = f"messages.{position}.member.content.{index + 1}.member.{kind}.toolUseId"
                return found("content", index, kind, "toolUseId", id=shown(sent), member=at)
    return None


def tool_name(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool's name with invalid characters; the next rule is about long ones."""
    name = _name_of(tool)
    return None if name is None or _NAME.fullmatch(name) else found("toolSpec", "name", name=name)


def long_tool_name(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool's name that is too long."""
    name = _name_of(tool)
    return (
        None if name is None or len(name) <= _LONGEST_NAME else found("toolSpec", "name", name=name)
    )


def _name_of(tool: Any) -> str | None:
    spec = tool.get("toolSpec") if isinstance(tool, dict) else None
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else None


def too_much_output(value: Any, request: CheckedRequest) -> Found | None:
    """A limit of output tokens over the model's own."""
    most = request.facts.output
    return found(most=most) if most and type(value) is int and value > most else None


def prefill(messages: Any, request: CheckedRequest) -> Found | None:
    """Words put into the mouth of a Claude that takes none."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    is_assistant = isinstance(last, dict) and last.get("role") == "assistant"
    newest = _is_claude(request) and request.facts.version >= _NO_PREFILL_FROM
    return found(len(messages) - 1) if is_assistant and newest else None


def over_the_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the window, by far; of Claude's, Claude speaks itself."""
    return None if _is_claude(request) else _over(request)


def over_claudes_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than Claude's window, by far."""
    return _over(request) if _is_claude(request) else None


def _over(request: CheckedRequest) -> Found | None:
    window = request.facts.window
    if window is None or len(request.wire.body) < window * OVER:
        return None  # no token is shorter than a byte
    tokens = least_tokens([request.body.get(part) for part in ("system", "messages", "toolConfig")])
    return found(tokens=tokens, window=window) if tokens > window * OVER else None


def _is_claude(request: CheckedRequest) -> bool:
    return request.facts.family == "claude"


def _listed(messages: Any) -> list[Any]:
    return messages if isinstance(messages, list) else []


def _blocks(message: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    content = message.get("content") if isinstance(message, dict) else None
    for index, block in enumerate(_listed(content)):
        if isinstance(block, dict):
            yield index, block


def _ids(message: Any, kind: str) -> list[str]:
    parts = (block.get(kind) for _, block in _blocks(message))
    return [str(part.get("toolUseId")) for part in parts if isinstance(part, dict)]
