"""What is wrong with a conversation at several vendors that took OpenAI's chat over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown
from chaos_llm.providers.refusals.tokens import OVER, least_tokens


def other_role(*known: str) -> Wrong:
    """A message with an unknown role."""

    def wrong(message: Any, _request: CheckedRequest) -> Found | None:
        role = message.get("role") if isinstance(message, dict) else None
        return None if role in known else found("role", role=shown(role))

    return wrong


def other_part(*known: str | None) -> Wrong:
    """A part of a message's content of a kind that is another vendor's, or of none."""

    def wrong(part: Any, request: CheckedRequest) -> Found | None:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in known or not isinstance(part, dict):
            return None
        return found("type", kind=shown(kind), size=len(request.wire.body))

    return wrong


def other_member(known: Iterable[str]) -> Wrong:
    """A message with a member that is none of these."""
    names = frozenset(known)

    def wrong(message: Any, _request: CheckedRequest) -> Found | None:
        if not isinstance(message, dict) or names.issuperset(message):
            return None
        key = next(key for key in message if key not in names)
        return found(key=shown(key), role=shown(message.get("role")))

    return wrong


def prompt_tokens(request: CheckedRequest) -> int:
    """The least tokens of messages and tools; 0 where they are few beside the window."""
    window = request.facts.window
    if window is None or len(request.wire.body) < window * OVER:
        return 0  # no token is shorter than a byte
    return least_tokens([request.body.get("messages"), request.body.get("tools")])


def over_the_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the window, by far; `{over}` is by how many tokens."""
    window, tokens = request.facts.window, request.once(prompt_tokens)
    if window is None or tokens <= window * OVER:
        return None
    return found(window=window, tokens=tokens, over=tokens - window)


def over_the_window_with_output(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the window; the message also has the requested output tokens."""
    window, tokens = request.facts.window, request.once(prompt_tokens)
    if window is None or not tokens:
        return None
    most = request.body.get("max_tokens")
    most = most if type(most) is int else 0
    if tokens + most <= window * OVER:
        return None
    return found(window=window, tokens=tokens + most, prompt=tokens, most=most)


def last_is_assistants(messages: Any, _request: CheckedRequest) -> Found | None:
    """A conversation that ends with the assistant, and not as a prefix."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return None
    return None if last.get("prefix") else found(len(messages) - 1, "role")


def first_is_assistants(messages: Any, _request: CheckedRequest) -> Found | None:
    """A conversation that begins with the assistant, or with a tool."""
    first = messages[0] if isinstance(messages, list) and messages else None
    is_late = isinstance(first, dict) and first.get("role") in ("assistant", "tool")
    return found(0, "role") if is_late else None


def role_after(*pairs: tuple[str, str]) -> Wrong:
    """A message of one role behind one of another, where these two do not follow each other."""

    def wrong(messages: Any, _request: CheckedRequest) -> Found | None:
        before: object = None
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            role = message.get("role") if isinstance(message, dict) else None
            if (before, role) in pairs:
                return found(index, "role", role=role, before=before)
            before = role
        return None

    return wrong


def unequal_results(messages: Any, _request: CheckedRequest) -> Found | None:
    """Tool calls with more or fewer results than calls, where something follows them."""
    calls = results = 0
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "tool":
            results += 1
            continue
        if calls and calls != results:
            return found(index, calls=calls, results=results)
        calls, results = len(calls_of(message)), 0
    return found(calls=calls, results=results) if calls != results else None


def result_of_no_call(messages: Any, _request: CheckedRequest) -> Found | None:
    """A tool's result whose id no call before it has."""
    called: list[str] = []
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        called += calls_of(message)
        if isinstance(message, dict) and message.get("role") == "tool":
            sent = message.get("tool_call_id")
            if isinstance(sent, str) and sent not in called:
                return found(index, "tool_call_id", id=shown(sent))
    return None


def repeated_results(messages: Any, _request: CheckedRequest) -> Found | None:
    """Two results of one call."""
    return _repeated(
        (index, str(message.get("tool_call_id")))
        for index, message in enumerate(messages if isinstance(messages, list) else ())
        if isinstance(message, dict) and message.get("role") == "tool"
    )


def repeated_calls(message: Any, _request: CheckedRequest) -> Found | None:
    """Two calls of one id in one message."""
    wrong = _repeated(enumerate(calls_of(message)))
    return wrong and found("tool_calls", *wrong.at, "id", **wrong.values)


def _repeated(ids: Iterable[tuple[int, str]]) -> Found | None:
    seen: set[str] = set()
    for index, sent in ids:
        if sent in seen:
            return found(index, id=shown(sent))
        seen.add(sent)
    return None


def calls_of(message: Any) -> list[str]:
    """The ids of an assistant's tool calls."""
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    each = calls if isinstance(calls, list) else []
    return [str(call.get("id")) for call in each if isinstance(call, dict)]


def function_name(pattern: str) -> Wrong:
    """A tool of a name that is none here."""
    matches = re.compile(pattern).fullmatch

    def wrong(name: Any, _request: CheckedRequest) -> Found | None:
        return WRONG if isinstance(name, str) and not matches(name) else None

    return wrong
