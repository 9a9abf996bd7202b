"""What OpenAI's reasoning models do not take."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.asked import Asked
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


def reasoning(value: Any, asked: Asked) -> Found | None:
    """A parameter that no reasoning model takes, whatever its value."""
    return WRONG if asked.facts.reasons and value is not None else None


def stop(value: Any, asked: Asked) -> Found | None:
    """Stop sequences for a reasoning model; the first ones took them."""
    facts = asked.facts
    if not facts.reasons or value is None or (facts.family == "o" and facts.version < _STOPLESS_O):
        return None
    return WRONG


def while_thinking(*defaults: object) -> Wrong:
    """A parameter that a model does not take while it reasons; its defaults are taken."""

    def wrong(value: Any, asked: Asked) -> Found | None:
        if value is None or value in defaults or not thinks(asked):
            return None
        return WRONG

    return wrong


def thinks(asked: Asked) -> bool:
    """Whether the model reasons about this request, as far as that is known."""
    facts = asked.facts
    if not facts.reasons:
        return False
    effort = asked.body.get("reasoning_effort")
    if effort is None:
        configured = asked.body.get("reasoning")
        effort = configured.get("effort") if isinstance(configured, dict) else None
    if effort == "none":
        return False
    asked_for = effort is not None
    first = facts.family == "o" or facts.version <= (5, 0)
    return asked_for or first or facts.version >= _THINKS_UNASKED_FROM


def effort(value: Any, asked: Asked) -> Found | None:
    """An effort that a model of this family has not; `{efforts}` are those that it has."""
    facts = asked.facts
    if not facts.reasons or value is None or "pro" in asked.model or "codex" in asked.model:
        return None
    known = _EFFORTS.get("o") if facts.family == "o" else _EFFORTS.get(facts.version)
    efforts = known or _NEWER_EFFORTS
    if value in efforts or (value == "max" and asked.request.api == "responses"):
        return None
    *others, last = (f"'{each}'" for each in efforts)
    return found(efforts=f"{', '.join(others)}, and {last}", model=asked.model)


def too_many_choices(value: Any, asked: Asked) -> Found | None:
    """More choices at once than a model supports, `{most}` in the message."""
    newest = asked.facts.reasons and asked.facts.version >= (5, 6)
    most = 8 if newest else 128
    return found(most=most) if type(value) is int and value > most else None


def too_many_logprobs(value: Any, asked: Asked) -> Found | None:
    """More alternatives of each token than a model returns."""
    newest = asked.facts.reasons and asked.facts.version >= (5, 6)
    most = 5 if newest else 20
    return found(most=most) if type(value) is int and value > most else None


def prompt_tokens(asked: Asked) -> tuple[int, int]:
    """The least tokens of the messages and of the tools; 0 where they are few."""
    window = asked.facts.window
    if window is None or len(asked.wire.body) < window * OVER:
        return 0, 0  # no token is shorter than a byte
    said = [asked.body.get(part) for part in ("messages", "input", "instructions")]
    return least_tokens(said), least_tokens(asked.body.get("tools"))


def over_the_window(_body: Any, asked: Asked) -> Found | None:
    """A prompt without tools that is longer than the window, by far."""
    said, tools = asked.once(prompt_tokens)
    window = asked.facts.window
    if window is None or tools or said <= window * OVER:
        return None
    return found(window=window, tokens=said)


def over_the_window_with_tools(_body: Any, asked: Asked) -> Found | None:
    """A prompt that is longer than the window together with its tools."""
    said, tools = asked.once(prompt_tokens)
    window = asked.facts.window
    if window is None or said + tools <= window * OVER:
        return None
    return found(window=window, tokens=said + tools, said=said, tools=tools)


def over_the_small_window(_body: Any, asked: Asked) -> Found | None:
    """A prompt and its answer that are longer than the window of one of the first models."""
    said, tools = asked.once(prompt_tokens)
    window, most = asked.facts.window, asked.body.get("max_tokens")
    if window is None or window > _SMALL_WINDOW or tools or type(most) is not int or not said:
        return None
    if said + most <= window * OVER:
        return None
    return found(window=window, tokens=said + most, said=said, most=most)


def over_the_input_window(_body: Any, asked: Asked) -> Found | None:
    """An input that is longer than the window, unless the API may cut it."""
    said, tools = asked.once(prompt_tokens)
    window = asked.facts.window
    if window is None or said + tools <= window * OVER:
        return None
    return None if asked.body.get("truncation") == "auto" else found(window=window)


def no_name(model: Any, _asked: Asked) -> Found | None:
    """A model that is no text; null counts as an object."""
    if isinstance(model, str):
        return None
    return found(kind="an object" if model is None else noun_of(model))


def logprobs_included(name: Any, asked: Asked) -> Found | None:
    """A request for log probabilities of a reasoning model."""
    return WRONG if name == "message.output_text.logprobs" and thinks(asked) else None
