"""A credential that was refused is not tried on and on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import asks_twice_at_once
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.journal.journal import Exchange

_REFUSED = 401


@dataclass(frozen=True, repr=False)
class AuthFailuresAreNotHammered(Check):
    """A call that is told 401 repeats that with the same credential at most `repeats` times.

    Once is forgiven: a provider may be wrong about a good key, and who refreshes in place may ask
    with the old one once more. In a call three refused credentials are one too many, too: after the
    refresh still 401 means that the account, or the provider, is what is wrong; `credentials` is
    for an app that has a pool of keys. Requests without a credential count as one.
    """

    why: ClassVar[str] = (
        "no retry makes a refused key good: it costs the user time, looks like an attack, "
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
        twins = asks_twice_at_once(run.api)
        for (_, provider, *_), row in _rows(refused, "credential").items():
            again = [made for made in row[1:] if _knew(made, row[0], twins=twins)]
            if len(again) > self.repeats:
                seen = f"call {row[0].call} sent {provider} a refused credential {len(row)} times"
                return self.failed(seen, again[self.repeats].at)
        for (call, provider, *_), row in _rows(refused).items():
            keys = {made.credential: made.at for made in reversed(row)}
            if len(keys) > self.credentials:
                seen = f"call {call} had {len(keys)} credentials refused by {provider}, one by one"
                return self.failed(seen, max(keys.values()))
        calls = len({made.call for made in refused})
        return self.passed(f"{'one call was' if calls == 1 else f'{calls} calls were'} told 401")


def _is_refused(made: Exchange) -> bool:
    return made.status == _REFUSED and made.end == "complete"


def _knew(made: Exchange, first: Exchange, *, twins: bool) -> bool:
    """Whether a request came after a refusal, and not beside it."""
    same = made.body_hash == first.body_hash and not twins
    return made.at > first.until or (made.at == first.until and same)


def _rows(refused: Iterable[Exchange], *also: str) -> dict[tuple[object, ...], list[Exchange]]:
    rows: dict[tuple[object, ...], list[Exchange]] = {}
    for made in refused:
        key = (made.call, made.provider, *(getattr(made, name) for name in also))
        rows.setdefault(key, []).append(made)
    return rows
