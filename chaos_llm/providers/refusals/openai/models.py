"""What OpenAI's reasoning models do not take."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.openai.forms import noun_of
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Wrong, found
from chaos_llm.providers.refusals.tokens import OVER, least_tokens

_THINKS_UNASKED_FROM = (5, 5)  # of GPT; 5.1 to 5.4 think when they are asked to
_STOPLESS_O = (3, 0)  # o1 takes stop sequences
_EFFORTS = {
    "o": ("low", "medium", "high"),
    (5, 0): ("minimal", "low", "medium", "high"),
    (5, 1): ("none", "low", "medium", "high"),
}
_NEWER_EFFORTS = ("none", "low", "medium", "high", "xhigh")
_SMALL_WINDOW = 20_000  # of models from the time when an answer's tokens counted in


def reasoning(value: Any, request: CheckedRequest) -> Found | None:
    """A parameter that no reasoning model takes, whatever its value."""
    return WRONG if request.facts.reasons and value is not None else None


def stop(value: Any, request: CheckedRequest) -> Found | None:
    """Stop sequences for a reasoning model; the first ones took them."""
    facts = request.facts
    if not facts.reasons or value is None or (facts.family == "o" and facts.version < _STOPLESS_O):
        return None
    return WRONG


def while_thinking(*defaults: object) -> Wrong:
    """A parameter that a model does not take while it reasons; its defaults are taken."""

    def wrong(value: Any, request: CheckedRequest) -> Found | None:
        if value is None or value in defaults or not thinks(request):
            return None
        return WRONG

    return wrong


def thinks(request: CheckedRequest) -> bool:
    """Whether the model reasons about this request, as far as that is known."""
    facts = request.facts
    if not facts.reasons:
        return False
    effort = request.body.get("reasoning_effort")
    if effort is None:
        configured = request.body.get("reasoning")
        effort = configured.get("effort") if isinstance(configured, dict) else None
    if effort == "none":
        return False
    effort_set = effort is not None
    first = facts.family == "o" or facts.version <= (5, 0)
    return effort_set or first or facts.version >= _THINKS_UNASKED_FROM


def effort(value: Any, request: CheckedRequest) -> Found | None:
    """An effort that a model of this family has not; `{efforts}` are those that it has."""
    facts = request.facts
    if not facts.reasons or value is None or "pro" in request.model or "codex" in request.model:
        return None
    known = _EFFORTS.get("o") if facts.family == "o" else _EFFORTS.get(facts.version)
    efforts = known or _NEWER_EFFORTS
    if value in efforts or (value == "max" and request.request.api == "responses"):
        return None
    *others, last = (f"'{each}'" for each in efforts)
    return found(efforts=f"{', '.join(others)}, and {last}", model=request.model)


def too_many_choices(value: Any, request: CheckedRequest) -> Found | None:
    """More choices at once than a model supports, `{most}` in the message."""
    newest = request.facts.reasons and request.facts.version >= (5, 6)
    most = 8 if newest else 128
    return found(most=most) if type(value) is int and value > most else None


def too_many_logprobs(value: Any, request: CheckedRequest) -> Found | None:
    """More alternatives of each token than a model returns."""
    newest = request.facts.reasons and request.facts.version >= (5, 6)
    most = 5 if newest else 20
    return found(most=most) if type(value) is int and value > most else None


def prompt_tokens(request: CheckedRequest) -> tuple[int, int]:
    """The least tokens of the messages and of the tools; 0 where they are few."""
    window = request.facts.window
    if window is None or len(request.wire.body) < window * OVER:
        return 0, 0  # no token is shorter than a byte
    prompt = [request.body.get(part) for part in ("messages", "input", "instructions")]
    return least_tokens(prompt), least_tokens(request.body.get("tools"))


def over_the_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt without tools that is longer than the window, by far."""
    prompt_size, tools = request.once(prompt_tokens)
    window = request.facts.window
    if window is None or tools or prompt_size <= window * OVER:
        return None
    return found(window=window, tokens=prompt_size)


def over_the_window_with_tools(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the window together with its tools."""
    prompt_size, tools = request.once(prompt_tokens)
    window = request.facts.window
    if window is None or prompt_size + tools <= window * OVER:
        return None
    return found(window=window, tokens=prompt_size + tools, prompt=prompt_size, tools=tools)


def over_the_small_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt and its answer that are longer than the window of one of the first models."""
    prompt_size, tools = request.once(prompt_tokens)
    window, most = request.facts.window, request.body.get("max_tokens")
    if (
        window is None
        or window > _SMALL_WINDOW
        or tools
        or type(most) is not int
        or not prompt_size
    ):
        return None
    if prompt_size + most <= window * OVER:
        return None
    return found(window=window, tokens=prompt_size + most, prompt=prompt_size, most=most)


def over_the_input_window(_body: Any, request: CheckedRequest) -> Found | None:
    """An input that is longer than the window, unless the API may cut it."""
    prompt_size, tools = request.once(prompt_tokens)
    window = request.facts.window
    if window is None or prompt_size + tools <= window * OVER:
        return None
    return None if request.body.get("truncation") == "auto" else found(window=window)


def no_name(model: Any, _request: CheckedRequest) -> Found | None:
    """A model that is no text; null counts as an object."""
    if isinstance(model, str):
        return None
    return found(kind="an object" if model is None else noun_of(model))


def logprobs_included(name: Any, request: CheckedRequest) -> Found | None:
    """A request for log probabilities of a reasoning model."""
    return WRONG if name == "message.output_text.logprobs" and thinks(request) else None
