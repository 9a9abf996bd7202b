"""What the checks and replays of this test found, for pytest; forgotten before the next test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos_llm.checks import Finding

_MOST = 1000  # findings, and replays, that are kept

Replayed = tuple[str, int, float]  # profile, calls, and the share of them that was answered


class _OfThisTest:
    def __init__(self) -> None:
        self.not_judged: deque[Finding] = deque(maxlen=_MOST)
        self.replays: deque[Replayed] = deque(maxlen=_MOST)
        self.keeps_replays = False


_test = _OfThisTest()


def remember(findings: Iterable[Finding], *, is_failure: bool) -> None:
    """Keep what could not be judged; where the test fails, it is said there."""
    if not is_failure:
        _test.not_judged.extend(finding for finding in findings if finding.verdict == "not judged")


def keep_replays() -> None:
    """Keep what the replays of the next test answer: somebody will ask for it."""
    forget()
    _test.keeps_replays = True


def replayed(profile: str, calls: int, answered: Callable[[], float]) -> None:
    """Keep the share of the calls of a replay that was answered, where somebody asks for it."""
    if _test.keeps_replays and calls:
        _test.replays.append((profile, calls, answered()))


def replays() -> list[Replayed]:
    """The replays of this test, if they were to be kept."""
    return list(_test.replays)


def forget() -> None:
    """Forget everything, before the next test."""
    _test.not_judged.clear()
    _test.replays.clear()
    _test.keeps_replays = False


def not_judged() -> list[tuple[str, str]]:
    """Each check that could not be judged with its reason, once."""
    return list(dict.fromkeys((finding.check, finding.seen) for finding in _test.not_judged))
