"""What the answers to one form of request have in common in one outage: the short way to them.

Most requests take it. Nothing stands on it between the healthy answer and its reply, and what would
do nothing to them is left out: same bytes, and the same record.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.answers.healthy_answers import HealthyAnswers, reasoning_of
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.engine.kept_replies import Kept, kept_reply
from chaos_llm.engine.known_requests import Form, KnownRequest, Reading
from chaos_llm.journal.exchange_kinds import ExchangeKind
from chaos_llm.protocol.answer_limits import LETTERS_PER_TOKEN, tokens_of
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.rate_limits import Buckets
from chaos_llm.providers.provider import Provider

# A text with the reference that closes it (or its number), the tokens of all that was said, the
# reasoning before the text, and the tokens of that.
PlainAnswer = tuple[str, str | int, int, str, int]


@dataclass(frozen=True, slots=True)
class ShortWay:
    """What is the same for all requests of a form.

    `is_open` is whether they are answered with a text at once. `example` is one of them, without a
    prompt. `buckets` is None where the vendor reports no quota for such requests. Each reply is
    rendered where none is kept, and where the wire format remembers it.
    """

    provider: Provider
    kind: ExchangeKind
    credential: str
    example: KnownRequest
    kept: Kept | None
    hashes: int
    buckets: Buckets | None
    reasons: bool
    max_tokens: int | None
    is_open: bool

    def plain_answer(
        self, reading: Reading, overrides: Overrides, joined_key: bytes
    ) -> PlainAnswer | None:
        """What a test chose, else a healthy answer; None where that is no text, or is cut short."""
        if overrides.chosen:
            chosen = overrides.chosen_text(reading.request())
            if chosen is None or (chosen and self.reasons):
                return None
            if chosen:
                reference = "".join(find_references(chosen)[-1:])
                return chosen, reference, tokens_of(chosen), "", 0
        text, number, draw = HealthyAnswers.text(reading.tokens, joined_key)
        thinking, thought = reasoning_of(draw) if self.reasons else ("", 0)
        said = -(-len(text) // LETTERS_PER_TOKEN) + thought
        most = self.max_tokens
        if most is not None and said > most:
            return None
        return text, number, said, thinking, thought


def short_way(
    provider: Provider, form: Form, buckets: Buckets | None, *, is_open: bool
) -> ShortWay:
    """The short way of a form; `buckets` are those of a provider that refuses no request."""
    kept = kept_reply(form) if is_open else None
    return ShortWay(
        provider,
        form.kind,
        form.kind.credential,
        form.filled("", b""),
        kept,
        1 if kept is None else kept.hashes,
        None if form.request.subscription else buckets,
        form.reasons,
        form.request.max_tokens,
        is_open,
    )
