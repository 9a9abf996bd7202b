"""The end of pytest's output: how often the tests of a campaign passed, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable

import pytest

from chaos_llm.pytest_plugin import profile_selection

CAMPAIGN_RUN = "chaos_llm_campaign"  # the attribute of a report; pytest-xdist sends it along
_HEAD = ("profile", "runs", "passed", "95 % interval")
_ALL = "all profiles"
_NO_SCIPY = 'intervals need scipy: python -m pip install "chaos_llm[campaign]"'


class CampaignSummary:
    """Counts the runs of each campaign's profiles, also those in workers of pytest-xdist."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Counter[str]]] = {}  # by the test's id and the profile
        self._failed_in_part: set[str] = set()  # ids of runs of which a subtest failed

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note of which campaign and profile a report is."""
        report = yield
        if profile_selection.is_campaign(item):
            test = item.nodeid.partition("[")[0]
            profile = profile_selection.profile_name_of(item)
            setattr(report, CAMPAIGN_RUN, [test, profile])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a run once: by its call, or by the setup that failed before it."""
        of = getattr(report, CAMPAIGN_RUN, None)
        if of is None or str(report.outcome) == "rerun":
            return
        if hasattr(report, "context"):  # a subtest, which unittest lets pass
            if report.failed:
                self._failed_in_part.add(report.nodeid)
            return
        if report.when == "call" or (report.when == "setup" and report.failed):
            outcome = "failed" if report.nodeid in self._failed_in_part else report.outcome
            test, profile = of
            self.tests.setdefault(test, {}).setdefault(profile, Counter())[outcome] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show a table for each test that is a campaign."""
        for test, profiles in sorted(self.tests.items()):
            terminalreporter.write_line(f"chaos_llm: campaign of {test}")
            for line in table(profiles):
                terminalreporter.write_line(f"  {line}")


def table(profiles: dict[str, Counter[str]]) -> Iterable[str]:
    """Lines with aligned columns: a head, a row for each profile, and one for all."""
    rows = [(name, counts) for name, counts in sorted(profiles.items())]
    if len(rows) > 1:
        rows.append((_ALL, sum(profiles.values(), Counter())))
    cells = [_HEAD, *(_cells(name, counts) for name, counts in rows)]
    first = max(len(row[0]) for row in cells)
    for name, runs, passed, interval in cells:
        yield f"{name:<{first}}  {runs:>4}  {passed:>6}  {interval}"
    yield from _notes(profiles)


def _cells(name: str, counts: Counter[str]) -> tuple[str, str, str, str]:
    passed = counts["passed"]
    runs = passed + counts["failed"]
    return name, str(runs), str(passed), _interval(passed, runs)


def _interval(passed: int, runs: int) -> str:
    """The share that passed, with Wilson's interval; a dash where no run counts."""
    from chaos_llm.campaign import intervals, text  # noqa: PLC0415 - only after a campaign

    if not runs:
        return "-"
    if not _has_scipy():
        return f"{passed / runs * 100:.1f} %"
    return text.percent(intervals.share(passed, runs))


def _notes(profiles: dict[str, Counter[str]]) -> Iterable[str]:
    skipped = sum(counts["skipped"] for counts in profiles.values())
    if skipped:
        were = "one run was" if skipped == 1 else f"{skipped} runs were"
        yield f"{were} skipped, and not counted"
    if not _has_scipy():
        yield _NO_SCIPY


def _has_scipy() -> bool:
    from chaos_llm.campaign import intervals  # noqa: PLC0415 - only after a campaign
    from chaos_llm.errors import UsageError  # noqa: PLC0415 - only after a campaign

    try:
        intervals.stats()
    except UsageError:
        return False
    return True
