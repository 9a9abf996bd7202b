"""A refused credential is not sent again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import has_parallel_duplicates
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.journal.journal import Exchange

_UNAUTHORIZED = 401


@dataclass(frozen=True, repr=False)
class AuthFailuresAreNotHammered(Check):
    """After a 401 a call sends the same credential at most `repeats` more times.

    One repetition is allowed by default: a provider may refuse a valid key by mistake, and a client
    that refreshes its key in place may send the old one once more. A call may have `credentials`
    different credentials refused, two by default: if a refreshed credential is refused as well, the
    account or the provider is the problem. Raise it for an app with a pool of keys. All requests
    without a credential count as one credential.
    """

    why: ClassVar[str] = (
        "no retry makes a refused key valid: it costs the user time, looks like an attack, "
        "and can lock the account"
    )
    repeats: int = 1
    credentials: int = 2

    def __post_init__(self) -> None:
        if type(self.repeats) is not int or self.repeats != 0:
            whole_number("repeats", self.repeats)
        whole_number("credentials", self.credentials)

    def __call__(self, run: Run) -> Finding:
        refused = [e for e in run.api if e.call >= 0 and _is_refused(e)]
        if not refused:
            return self.not_applicable("no credential was refused in a call")
        duplicates = has_parallel_duplicates(run.api)
        for (_, provider, *_), group in _grouped(refused, "credential").items():
            repeated = [e for e in group[1:] if _came_after(e, group[0], duplicates=duplicates)]
            if len(repeated) > self.repeats:
                call = group[0].call
                seen = f"call {call} sent {provider} a refused credential {len(group)} times"
                return self.failed(seen, repeated[self.repeats].at)
        for (number, provider, *_), group in _grouped(refused).items():
            first_sent = {exchange.credential: exchange.at for exchange in reversed(group)}
            if len(first_sent) > self.credentials:
                count = len(first_sent)
                seen = f"{provider} refused {count} credentials of call {number}, one after another"
                return self.failed(seen, max(first_sent.values()))
        count = len({exchange.call for exchange in refused})
        return self.passed(f"{calls(count)} got a 401, and none kept sending refused credentials")


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status == _UNAUTHORIZED and exchange.end == "complete"


def _came_after(exchange: Exchange, refusal: Exchange, *, duplicates: bool) -> bool:
    """Whether a request was sent after a refusal, and not in parallel with the refused one."""
    same = exchange.body_hash == refusal.body_hash and not duplicates
    return exchange.at > refusal.until or (exchange.at == refusal.until and same)


def _grouped(refused: Iterable[Exchange], *fields: str) -> dict[tuple[object, ...], list[Exchange]]:
    """The exchanges by call, provider and these fields."""
    groups: dict[tuple[object, ...], list[Exchange]] = {}
    for exchange in refused:
        key = (exchange.call, exchange.provider, *(getattr(exchange, name) for name in fields))
        groups.setdefault(key, []).append(exchange)
    return groups
