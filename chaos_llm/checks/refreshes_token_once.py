"""A token is refreshed once, and all calls share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.journal.journal import Exchange

_TOKEN_PATHS = ("token", ":generateAccessToken", ":generateIdToken")  # endings of paths
_REFUSED = frozenset({400, 401, 403})
_MAX_REFUSED = 2  # tries of a refresh that is refused
_FRESH = 60.0  # seconds after a refresh in which the token cannot have expired yet

Problem = tuple[str, Exchange]


@dataclass(frozen=True, repr=False)
class RefreshesTokenOnce(Check):
    """A call refreshes a token successfully at most once, and calls at the same time share it.

    A call tries a refresh that fails at most `tries` times, and one that is refused at most twice.
    Calls share a refresh if they would send the same request: another one that begins while the
    first is under way, or within a minute after it succeeded, is a failure. Refreshes of separate
    tokens, of each user say, are separate. If healthy calls refresh more often, so may all others.
    Counted are requests for tokens on the login surface, by calls and in the background.
    """

    why: ClassVar[str] = (
        "parallel refreshes revoke each other's tokens, and repeated ones keep an overloaded login "
        "service from recovering"
    )
    tries: int = 3

    def __post_init__(self) -> None:
        whole_number("tries", self.tries)

    def __call__(self, run: Run) -> Finding:
        refreshes = [e for e in run.exchanges if e.surface == "login" and _is_token_request(e)]
        if not refreshes:
            return self.not_applicable("no token was refreshed")
        per_healthy_call = _per_healthy_call(run, refreshes)
        problem = next(self._in_calls(refreshes, max(1, per_healthy_call)), None)
        if problem is None and not per_healthy_call:
            problem = next(_not_shared(refreshes), None)
        if problem is not None:
            return self.failed(problem[0], problem[1].at)
        seen = f"tokens were requested {times(len(refreshes))} in all"
        return self.passed(f"{seen}, and never again without need")

    def _in_calls(self, refreshes: Sequence[Exchange], allowed: int) -> Iterator[Problem]:
        """The calls with too many refreshes, and the first one too many."""
        groups: dict[tuple[object, ...], list[Exchange]] = {}
        for refresh in refreshes:
            if refresh.call >= 0:
                groups.setdefault((refresh.call, refresh.provider, refresh.path), []).append(
                    refresh
                )
        for (call, provider, _), group in groups.items():
            done = [refresh for refresh in group if refresh.ok]
            refused = [refresh for refresh in group if refresh.status in _REFUSED]
            failed = [refresh for refresh in group if not refresh.ok]
            seen = f"call {call} requested a token from {provider}"
            if len(done) > allowed:
                yield f"{seen} {len(done)} times, and got one each time", done[allowed]
            if len(refused) > _MAX_REFUSED:
                problem = f"{seen} {len(refused)} times, and was refused each time"
                yield problem, refused[_MAX_REFUSED]
            if len(failed) > self.tries:
                yield f"{seen} {len(failed)} times, and got none", failed[self.tries]


def _is_token_request(exchange: Exchange) -> bool:
    # Amazon's STS has no other path.
    return exchange.path.endswith(_TOKEN_PATHS) or exchange.path in ("", "/")


def _per_healthy_call(run: Run, refreshes: Sequence[Exchange]) -> int:
    """How many tokens a healthy call requests at most; 0 if most calls reuse an earlier token."""
    healthy = {call.number for call in run.evidence.healthy}
    counts = Counter((e.call, e.provider, e.path) for e in refreshes if e.call in healthy)
    calls = len({call for call, *_ in counts})
    return max(counts.values()) if calls * 2 > len(healthy) else 0


def _not_shared(refreshes: Sequence[Exchange]) -> Iterator[Problem]:
    """The first refresh of each token that another call had made a moment before."""
    groups: dict[tuple[object, ...], list[Exchange]] = {}
    for refresh in refreshes:
        key = refresh.provider, refresh.path, refresh.body_hash
        groups.setdefault(key, []).append(refresh)
    for (provider, *_), group in groups.items():
        for first, second in pairwise(group):
            until = first.until + (_FRESH if first.ok else 0.0)
            if second.at < until and second.call != first.call:
                count = sum(1 for other in group if first.at <= other.at < first.at + _FRESH)
                yield f"{provider} got {count} requests for one token within a minute", second
