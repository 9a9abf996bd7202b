"""What is wrong with thinking at Anthropic's: how it is asked for, and where it comes back."""

from __future__ import annotations

import re
from typing import Any

from chaos_llm.providers.refusals.anthropic.turns import Run, runs
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, found
from chaos_llm.providers.signatures import is_invalid

# Signatures are long runs of base64, also the simulated ones; what another vendor or a test put in
# their place mostly is not.
_CLAUDE = "anthropic"  # whose signatures hold at every host of Claude's
_SIGNATURE = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
_THOUGHT = ("thinking", "redacted_thinking")
_WORDS = ("text", *_THOUGHT)
_DEFAULTS = {"temperature": 1, "top_p": 1}
_NO_SAMPLING_FROM, _ONE_SAMPLING_FROM = (4, 7), (4, 5)
_ADAPTIVE_FROM, _NO_PREFILL_FROM = (4, 6), (4, 6)


def prefill(messages: Any, request: CheckedRequest) -> Found | None:
    """A conversation that ends with words put into the mouth of a model that takes none."""
    turns = request.once(runs)
    last = turns[-1] if turns else None
    if last is None or last.role != "assistant" or last.is_empty:
        return None
    # What the API's own tools were at when it paused is sent back as it is.
    kinds = [kind for message in messages[last.first :] for kind in _kinds(message)]
    if any(kind not in _WORDS for kind in kinds) or not _is_assistant(messages[-1]):
        return None
    return found(last.first) if _is_claude(request, _NO_PREFILL_FROM) else None


def no_sampling(value: Any, request: CheckedRequest) -> Found | None:
    """A parameter of sampling for a model that has none; its default is taken."""
    if not _is_claude(request, _NO_SAMPLING_FROM) or value in _DEFAULTS.values():
        return None
    return WRONG


def both_samplings(_temperature: Any, request: CheckedRequest) -> Found | None:
    """`temperature` and `top_p` together, for models that take one of them."""
    if not _is_claude(request, _ONE_SAMPLING_FROM) or _is_claude(request, _NO_SAMPLING_FROM):
        return None
    return WRONG if request.body.get("top_p") is not None else None


def sampling_beside_thinking(temperature: Any, request: CheckedRequest) -> Found | None:
    """A temperature for a model that is asked to think."""
    return WRONG if is_manual(request) and temperature != 1 else None


def top_k_beside_thinking(top_k: Any, request: CheckedRequest) -> Found | None:
    """A top_k for a model that is asked to think, or may."""
    thinking = request.body.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    return WRONG if top_k is not None and kind in ("enabled", "adaptive") else None


def manual_thinking(_kind: Any, request: CheckedRequest) -> Found | None:
    """A budget of thinking for a model that sets its own."""
    return WRONG if is_manual(request) and _is_claude(request, _NO_SAMPLING_FROM) else None


def adaptive_thinking(kind: Any, request: CheckedRequest) -> Found | None:
    """Adaptive thinking for a model that cannot."""
    return WRONG if kind == "adaptive" and _is_older(request, _ADAPTIVE_FROM) else None


def effort_of_old(_effort: Any, request: CheckedRequest) -> Found | None:
    """An effort for a model that knows none; of the 4.5 models Opus knows it."""
    has_effort = "opus-4-5" in request.model or not _is_older(request, _ADAPTIVE_FROM)
    return None if has_effort else WRONG


def budget_over_max_tokens(budget: Any, request: CheckedRequest) -> Found | None:
    """A thinking budget that leaves no token for the answer; allowed if thinking is interleaved."""
    most = request.body.get("max_tokens")
    if not is_manual(request) or _interleaves(request):
        return None
    both = isinstance(budget, int) and isinstance(most, int)
    return WRONG if both and budget >= most else None


def forced_tool(choice: Any, request: CheckedRequest) -> Found | None:
    """A forced tool for a model that is asked to think."""
    if choice not in ("any", "tool"):
        return None
    thinking = request.body.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    return WRONG if kind in ("enabled", "adaptive") else None


def lost_before_tools(_messages: Any, request: CheckedRequest) -> Found | None:
    """A loop of tool calls, or words put first, without the thinking that they begin with."""
    turns = request.once(runs)
    if not is_manual(request) or not turns:
        return None
    if turns[-1].role == "assistant" and not turns[-1].is_empty:
        return _words_without_thought(request, turns[-1].first)
    if not turns[-1].results:
        return None
    loop: list[Run] = []
    for answer, call in zip(turns[::-2], turns[-2::-2], strict=False):
        if not (answer.results and call.calls):
            break
        loop.append(call)
    if not loop or any(_kind_at(request, call.first, 0) in _THOUGHT for call in loop):
        return None
    first = loop[-1].first
    return found(first, "content", 0, "type", kind=_kind_at(request, first, 0))


def _words_without_thought(request: CheckedRequest, first: int) -> Found | None:
    """Words put into the assistant's mouth, which thinking would have to precede."""
    kinds = {kind for message in request.body["messages"][first:] for kind in _kinds(message)}
    kind = _kind_at(request, first, 0)
    if kind in _THOUGHT or not kinds <= {"text"}:
        return None
    return found(first, "content", 0, "type", kind=kind)


def not_first(message: Any, request: CheckedRequest) -> Found | None:
    """Thinking behind something else in an assistant's message, where it is not interleaved."""
    kinds = _kinds(message)
    if not any(kind in _THOUGHT for kind in kinds) or kinds[0] in _THOUGHT:
        return None
    if not is_manual(request) or _interleaves(request):
        return None
    return found("content", 0, kind=kinds[0])


def last_of_message(messages: Any, _request: CheckedRequest) -> Found | None:
    """Thinking as the last that an assistant's turn holds."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if not _is_assistant(message) or _kinds(message)[-1:] != ["thinking"]:
            continue
        after = messages[index + 1] if index + 1 < len(messages) else None
        if not _is_assistant(after):
            return found(index)
    return None


def though_off(messages: Any, request: CheckedRequest) -> Found | None:
    """Thinking in a final assistant's turn, while thinking is off."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    is_off = request.body.get("thinking") in (None, {"type": "disabled"})
    if not is_off or not _is_assistant(last) or not _is_older(request, _ADAPTIVE_FROM):
        return None
    kinds = _kinds(last)
    if "thinking" not in kinds:
        return None
    return found(len(messages) - 1, "content", kinds.index("thinking"))


def foreign_signature(block: Any, _request: CheckedRequest) -> Found | None:
    """A signature of thinking that no Claude can have written, or for another thought."""
    if not isinstance(block, dict) or block.get("type") != "thinking":
        return None
    signature, thought = block.get("signature"), block.get("thinking")
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return WRONG
    return WRONG if is_invalid(_CLAUDE, str(thought), signature) else None


def foreign_redaction(block: Any, _request: CheckedRequest) -> Found | None:
    """Ciphertext in the place of thinking that Claude cannot read."""
    if not isinstance(block, dict) or block.get("type") != "redacted_thinking":
        return None
    data = block.get("data")
    return WRONG if isinstance(data, str) and is_invalid(_CLAUDE, "", data) else None


def is_manual(request: CheckedRequest) -> bool:
    """Whether a request asks for thinking with a budget."""
    thinking = request.body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") == "enabled"


def _interleaves(request: CheckedRequest) -> bool:
    """Whether thinking may come between tool calls: by a beta header, or by itself from 4.6 on."""
    betas = f"{request.wire.headers.get('anthropic-beta', '')} {request.body.get('anthropic_beta')}"
    return "interleaved-thinking" in betas or _is_claude(request, _ADAPTIVE_FROM)


def _is_claude(request: CheckedRequest, since: tuple[int, int]) -> bool:
    facts = request.facts
    return facts.family == "claude" and facts.version >= since


def _is_older(request: CheckedRequest, than: tuple[int, int]) -> bool:
    facts = request.facts
    return facts.family == "claude" and (0, 0) < facts.version < than


def _is_assistant(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"


def _kinds(message: Any) -> list[object]:
    """The kinds of a message's blocks."""
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        return []
    return [block.get("type") if isinstance(block, dict) else None for block in content]


def _kind_at(request: CheckedRequest, message: int, index: int) -> object:
    """The kind of one block; a text of its own is a block of text."""
    kinds = _kinds(request.body["messages"][message])
    return kinds[index] if index < len(kinds) else "text"
