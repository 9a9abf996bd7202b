"""What the checks of this test found, for pytest's summary; forgotten before the next test."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from chaos_llm.checks import Finding

_MOST = 1000  # findings that are kept

_not_judged: deque[Finding] = deque(maxlen=_MOST)


def remember(findings: Iterable[Finding], *, is_failure: bool) -> None:
    """Keep what could not be judged; where the test fails, it is said there."""
    if not is_failure:
        _not_judged.extend(finding for finding in findings if finding.verdict == "not judged")


def forget() -> None:
    """Forget all findings, before the next test."""
    _not_judged.clear()


def not_judged() -> list[tuple[str, str]]:
    """Each check that could not be judged with its reason, once."""
    return list(dict.fromkeys((finding.check, finding.seen) for finding in _not_judged))
