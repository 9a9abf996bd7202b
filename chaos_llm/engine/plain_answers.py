"""The answer to a request of a known form, where it is a text and nothing besides."""

from __future__ import annotations

from chaos_llm.answers.healthy_answers import HealthyAnswers, reasoning_of
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.engine.known_requests import KnownRequest
from chaos_llm.protocol.answer_limits import LETTERS_PER_TOKEN, tokens_of
from chaos_llm.protocol.markers import find_references

# A text with the reference that closes it (or its number), the tokens of all that was said, the
# reasoning before the text, and the tokens of that.
PlainAnswer = tuple[str, str | int, int, str, int]


def plain_answer(
    request: KnownRequest, overrides: Overrides, joined_key: bytes
) -> PlainAnswer | None:
    """What a test chose, else a healthy answer; None where that is no text, or is cut short."""
    chosen = overrides.chosen_text(request) if overrides.chosen else ""
    form = request.form
    if chosen is None or (chosen and form.reasons):
        return None
    if chosen:
        reference = "".join(find_references(chosen)[-1:])
        return chosen, reference, tokens_of(chosen), "", 0
    text, number, draw = HealthyAnswers.text(request.prompt, joined_key)
    thinking, thought = reasoning_of(draw) if form.reasons else ("", 0)
    said = -(-len(text) // LETTERS_PER_TOKEN) + thought
    most = form.request.max_tokens
    if most is not None and said > most:
        return None
    return text, number, said, thinking, thought
