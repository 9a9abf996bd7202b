"""What is wrong with a conversation of Anthropic's as a whole: turns, tool calls, tool results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chaos_llm.providers.conversation import continues_thread
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown
from chaos_llm.providers.refusals.tokens import OVER, least_tokens

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_OVERFLOWS_FROM = (4, 5)  # from there on an answer may be cut short instead


class Block(NamedTuple):
    """A content block: its message's index, its own, and the id of the tool call it is about."""

    message: int
    place: int
    call: str


@dataclass(slots=True)
class Run:
    """Messages of one role in a row, which the API takes for one turn."""

    role: str
    first: int
    is_empty: bool = True
    calls: list[Block] = field(default_factory=list)
    results: list[Block] = field(default_factory=list)

    def take(self, index: int, content: object) -> None:
        """Add a message's content."""
        if not content:
            return
        self.is_empty = False
        for at, block in enumerate(content) if isinstance(content, list) else ():
            kind = block.get("type") if isinstance(block, dict) else None
            if kind == "tool_use":
                self.calls.append(Block(index, at, str(block.get("id"))))
            elif kind == "tool_result":
                self.results.append(Block(index, at, str(block.get("tool_use_id"))))


def runs(request: CheckedRequest) -> list[Run]:
    """The turns of a conversation; a system turn between two of them divides nothing."""
    made: list[Run] = []
    for (_, index), message in request.at("messages[]"):
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(role, str) or role == "system":
            continue
        if not made or made[-1].role != role:
            made.append(Run(role, int(index)))
        made[-1].take(int(index), message.get("content"))
    return made


def empty_user_turn(_messages: Any, request: CheckedRequest) -> Found | None:
    """A user's turn without any content."""
    wrong = next((run for run in request.once(runs) if run.role == "user" and run.is_empty), None)
    return found(wrong.first) if wrong else None


def call_without_result(_messages: Any, request: CheckedRequest) -> Found | None:
    """Calls of tools that the next turn does not answer."""
    turns = request.once(runs)
    for number, run in enumerate(turns):
        if run.calls:
            after = turns[number + 1].results if number + 1 < len(turns) else []
            answered = {result.call for result in after}
            missing = [call for call in run.calls if call.call not in answered]
            if missing:
                ids = ", ".join(call.call for call in missing)
                return found(missing[0].message, ids=ids)
    return None


def result_without_call(_messages: Any, request: CheckedRequest) -> Found | None:
    """A tool's result whose call is not in the turn before it; a thread may hold the first one."""
    called: set[str] = set()
    is_held = continues_thread(request.body)
    for number, run in enumerate(request.once(runs)):
        for message, index, call in () if is_held and not number else run.results:
            if call not in called:
                return found(message, "content", index, id=call)
        called = {call.call for call in run.calls}
    return None


def repeated_result(_messages: Any, request: CheckedRequest) -> Found | None:
    """Two results of one call."""
    return _repeated(result for run in request.once(runs) for result in run.results)


def call_id_used_twice(_messages: Any, request: CheckedRequest) -> Found | None:
    """Two calls with one id."""
    return _repeated(call for run in request.once(runs) for call in run.calls)


def system_turn_at_head(messages: Any, request: CheckedRequest) -> Found | None:
    """A system prompt among the messages; one of directives alone may stand anywhere."""
    first = messages[0] if isinstance(messages, list) and messages else None
    if not isinstance(first, dict) or not _is_system(first) or continues_thread(request.body):
        return None
    return found(0) if first.get("content") else None


def system_turn_misplaced(messages: Any, _request: CheckedRequest) -> Found | None:
    """A system turn that neither ends the conversation nor comes before the assistant."""
    for index, after in _ends_of_system_turns(messages):
        if not isinstance(after, dict) or after.get("role") != "assistant":
            return found(index)
    return None


def _ends_of_system_turns(messages: Any) -> Iterator[tuple[int, object]]:
    """The last message of each system turn but a closing one, and the message behind it."""
    if not isinstance(messages, list):
        return
    for index in range(len(messages) - 1):
        if _is_system(messages[index]) and not _is_system(messages[index + 1]):
            yield index, messages[index + 1]


def _is_system(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") == "system"


def _repeated(blocks: Iterable[Block]) -> Found | None:
    seen: set[str] = set()
    for message, index, call in blocks:
        if call in seen:
            return found(message, "content", index, id=call)
        seen.add(call)
    return None


def block_without(kind: str, key: str) -> Wrong:
    """A block of this kind without this key."""

    def wrong(block: Any, _request: CheckedRequest) -> Found | None:
        if not isinstance(block, dict) or block.get("type") != kind or key in block:
            return None
        return found(kind, key)

    return wrong


def call_id(block: Any, _request: CheckedRequest) -> Found | None:
    """A tool's call with an id of another vendor's making."""
    if not isinstance(block, dict) or block.get("type") != "tool_use":
        return None
    sent = block.get("id")
    sound = isinstance(sent, str) and _CALL_ID.fullmatch(sent)
    return None if sound else found("tool_use", "id", id=shown(sent))


def call_input(block: Any, _request: CheckedRequest) -> Found | None:
    """A tool's call with arguments that are a text, as OpenAI has them."""
    if not isinstance(block, dict) or block.get("type") != "tool_use":
        return None
    return None if isinstance(block.get("input"), dict) else found("tool_use", "input")


def prompt_tokens(request: CheckedRequest) -> int:
    """The least number of tokens that a prompt has, 0 where it is small beside the window."""
    window = request.facts.window
    if window is None or len(request.wire.body) < window * OVER:
        return 0  # no token is shorter than a byte
    return least_tokens([request.body.get(part) for part in ("system", "tools", "messages")])


def over_the_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the model's window, by far."""
    window, tokens = _window(request), request.once(prompt_tokens)
    if window is None or tokens <= window * OVER:
        return None
    return found(tokens=tokens, window=window)


def over_the_window_with_output(most: Any, request: CheckedRequest) -> Found | None:
    """A prompt and an answer that are longer than the window of a model before Claude 4.5."""
    window, tokens = _window(request), request.once(prompt_tokens)
    is_old = (0, 0) < request.facts.version < _OVERFLOWS_FROM
    if window is None or not is_old or type(most) is not int:
        return None
    if tokens <= 0 or tokens + most <= window * OVER:
        return None
    return found(tokens=tokens, most=most, window=window)


def _window(request: CheckedRequest) -> int | None:
    """The window of the model; a beta header makes that of some models larger."""
    is_wider = "context-1m" in request.wire.headers.get("anthropic-beta", "")
    return None if is_wider or request.facts.family != "claude" else request.facts.window
