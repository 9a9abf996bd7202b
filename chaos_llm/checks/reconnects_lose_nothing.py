"""No message is lost or sent twice across a reconnect of a websocket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.conversation_digest import ConversationDigest
from chaos_llm.journal.journal import Exchange

_WENT_ON = 1.0  # seconds after a reconnect within which a call may still say that it failed


@dataclass(frozen=True, repr=False)
class ReconnectsLoseNothing(Check):
    """No message is lost or sent twice when a session on a websocket is opened again.

    A message is lost if its answer broke off, a new session was opened while its call went on, and
    the call sent it to no model again. A call that ends with an error within a second after that
    has said so, and lost nothing. A message is sent twice if it stands twice in a row in a
    conversation, or if it is asked again in a new session after it was answered, and healthy calls
    do nothing like it. Not applicable if no session was opened again after an answer had failed.
    """

    why: ClassVar[str] = (
        "a session's conversation ends with its connection: what the app does not send again was "
        "never said, and what it sends twice is answered, billed and acted on twice"
    )

    def __call__(self, run: Run) -> Finding:
        turns = [e for e in run.api if e.session is not None]
        if not turns:
            return self.not_applicable("nothing was sent in a session on a websocket")
        reconnects = list(_reconnects(run, turns))
        if not reconnects:
            return self.not_applicable("no session was opened again after an answer had failed")
        lost = [found for call in run.calls if (found := _lost(run, call, reconnects)) is not None]
        if lost:
            seen = f"{calls(len(lost))} did not send a message again after a reconnect"
            return self.failed(seen, lost[0].until)
        twice = list(_sent_twice(run, reconnects[0].at))
        if twice:
            count = len({exchange.call for exchange in twice})
            seen = f"{calls(count)} sent a message twice after a reconnect"
            return self.failed(seen, twice[0].at)
        return self.passed(f"nothing was lost or sent twice in {_count(reconnects)}")


def _count(reconnects: Sequence[Exchange]) -> str:
    return counted(len(reconnects), "reconnect")


def _reconnects(run: Run, turns: Sequence[Exchange]) -> Iterator[Exchange]:
    """The requests that opened a session after an answer in one with that provider had failed."""
    failed: dict[str, float] = {}  # by provider: when its first answer in a session had failed
    for turn in turns:
        if turn.failed:
            failed[turn.provider] = min(turn.until, failed.get(turn.provider, turn.until))
    for exchange in run.api:
        if exchange.opens_session and exchange.at >= failed.get(exchange.provider, run.ends):
            yield exchange


def _lost(run: Run, call: Call, reconnects: Sequence[Exchange]) -> Exchange | None:
    """The last answer to a call, if it failed and its message was not sent again."""
    sent = run.evidence.of(call)
    last = sent[-1] if sent else None
    if last is None or last.session is None or not last.failed or call.answered:
        return None
    patience = _WENT_ON if call.error is not None else 0.0
    went_on = any(
        each.number > last.number
        and last.until <= each.at <= call.ended - patience
        and each.provider == last.provider
        for each in reconnects
        if each.call in (call.number, -1)
    )
    return last if went_on else None


def _sent_twice(run: Run, since: float) -> Iterator[Exchange]:
    """The requests after the first reconnect whose message had been sent and answered before."""
    healthy = run.evidence.healthy
    doubles = {"in one": False, "again": False}  # what healthy calls do, too
    for call in healthy:
        for kind, _ in _repeats(run, call):
            doubles[kind] = True
    for call in run.calls:
        for kind, exchange in _repeats(run, call):
            if exchange.at >= since and not doubles[kind]:
                yield exchange


def _repeats(run: Run, call: Call) -> Iterator[tuple[str, Exchange]]:
    """The requests of a call that have a message twice, or one that was answered before."""
    answered: Counter[tuple[str, int]] = Counter()
    for exchange in run.evidence.of(call):
        if exchange.session is None:
            continue
        prompt = ConversationDigest.unpacked(exchange.conversation_digest).prompt
        if exchange.repeats_message:
            yield "in one", exchange
        elif answered[exchange.provider, prompt] and not exchange.reported_tool_calls:
            yield "again", exchange
        if exchange.ok:
            answered[exchange.provider, prompt] += 1
