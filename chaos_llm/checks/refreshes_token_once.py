"""A token is refreshed once, and for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.journal.journal import Exchange

_TOKENS = ("token", ":generateAccessToken", ":generateIdToken")  # the ends of the paths
_REFUSED = frozenset({400, 401, 403})
_REPEATS = 2  # of a refresh that was refused
_FRESH = 60.0  # seconds in which a token is surely still good

Problem = tuple[str, Exchange]


@dataclass(frozen=True, repr=False)
class RefreshesTokenOnce(Check):
    """A refresh of a token that succeeds is the only one of its call, and of all calls around it.

    One that fails is tried at most `tries` times in a call, one that is refused at most twice.
    Calls share a refresh where they would send the same: one that goes out while another is under
    way, or within a minute after its success, is one too many; who refreshes for each user with
    another token is not meant. An app that logs in as often on a healthy day may go on like that.
    Counted are requests for tokens on the login surface, of calls and of the background.
    """

    why: ClassVar[str] = (
        "refreshes that chase each other revoke each other's tokens and keep a login that is "
        "overloaded from coming back"
    )
    tries: int = 3

    def __post_init__(self) -> None:
        whole_number("tries", self.tries)

    def __call__(self, run: Run) -> Finding:
        refreshes = [e for e in run.exchanges if e.surface == "login" and _asks_for_token(e)]
        if not refreshes:
            return self.not_applicable("no token was asked for")
        usual = _usual(run, refreshes)
        problem = next(self._in_calls(refreshes, max(1, usual)), None)
        if problem is None and not usual:
            problem = next(_not_shared(refreshes), None)
        if problem is not None:
            return self.failed(problem[0], problem[1].at)
        times = "once" if len(refreshes) == 1 else f"{len(refreshes)} times"
        return self.passed(f"tokens were asked for {times} in all, and never in a loop")

    def _in_calls(self, refreshes: Sequence[Exchange], usual: int) -> Iterator[Problem]:
        rows: dict[tuple[object, ...], list[Exchange]] = {}
        for made in refreshes:
            if made.call >= 0:
                rows.setdefault((made.call, made.provider, made.path), []).append(made)
        for (call, provider, _), row in rows.items():
            good = [made for made in row if made.ok]
            refused = [made for made in row if made.status in _REFUSED]
            failed = [made for made in row if not made.ok]
            who = f"call {call} asked {provider} for a token"
            if len(good) > usual:
                yield f"{who} {len(good)} times, and was given one each time", good[usual]
            if len(refused) > _REPEATS:
                yield f"{who} {len(refused)} times, and was refused each time", refused[_REPEATS]
            if len(failed) > self.tries:
                yield f"{who} {len(failed)} times in vain", failed[self.tries]


def _asks_for_token(made: Exchange) -> bool:
    return made.path.endswith(_TOKENS) or made.path in ("", "/")  # Amazon's STS has no other path


def _usual(run: Run, refreshes: Sequence[Exchange]) -> int:
    """How many tokens most healthy calls ask for; 0 where they are kept from call to call."""
    healthy = {call.number for call in run.evidence.healthy}
    counts = Counter((e.call, e.provider, e.path) for e in refreshes if e.call in healthy)
    calls = len({call for call, *_ in counts})
    return max(counts.values()) if calls * 2 > len(healthy) else 0


def _not_shared(refreshes: Sequence[Exchange]) -> Iterator[Problem]:
    rows: dict[tuple[object, ...], list[Exchange]] = {}
    for made in refreshes:
        rows.setdefault((made.provider, made.path, made.body_hash), []).append(made)
    for (provider, *_), row in rows.items():
        for first, second in pairwise(row):
            until = first.until + (_FRESH if first.ok else 0.0)
            if second.at < until and second.call != first.call:
                count = sum(1 for made in row if first.at <= made.at < first.at + _FRESH)
                yield f"{provider} was asked {count} times for one token, within a minute", second
