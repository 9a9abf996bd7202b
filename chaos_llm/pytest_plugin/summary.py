"""The end of pytest's output: checks that were not judged, and what `--chaos` did to a suite.

A test that met a fault of `--chaos` and failed is run once more with healthy providers, so that the
summary can say which of them fail because of the outage.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from chaos_llm.pytest_plugin import profile_selection
from chaos_llm.pytest_plugin.campaign_summary import CAMPAIGN_RUN

_FAILED_BY_A_FAULT = pytest.StashKey[bool]()
_FACTS = "chaos_llm_told"  # the attribute of a report; pytest-xdist sends it along
_PASSED_WITHOUT = "chaos_llm_passed_without"  # what a worker of pytest-xdist sends at its end
_COLUMNS = ("passed", "failed", "not hit")  # not hit: no fault of it was applied
_TABLE_FROM = 2  # profiles
_SHOWN = 5  # checks, and tests, that are named
_LONGEST = 90  # letters of a reason


class Summary:
    """Collects what reports of tests tell, also from workers of pytest-xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.profiles: list[str] = config.getoption("chaos")
        self.reasons: dict[str, str] = {}  # by the name of a check that was not judged
        self.tests_not_judged = 0
        self.counts: Counter[str] = Counter()  # of the tests that were run on a profile of --chaos
        self.by_profile: dict[str, Counter[str]] = {}  # of all tests: passed, failed, not hit
        self.failed_in_part: set[str] = set()  # ids of tests of which a subtest failed
        self.passed_without: list[str] = []  # ids of tests that failed by a fault

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Forget how an earlier run of the test ended."""
        item.stash[_FAILED_BY_A_FAULT] = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to the report what this test met, and what of it could not be judged."""
        report = yield
        if call.when != "call":
            return report
        facts: dict[str, Any] = {"not judged": _not_judged() if report.passed else []}
        facts |= _met(item)
        if self.profiles and profile_selection.is_by_option(item):
            facts["by option"] = True
            if report.failed and facts["met a fault"]:  # the whole test, or a subtest of it
                item.stash[_FAILED_BY_A_FAULT] = True
        setattr(report, _FACTS, facts)
        return report

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, Any, Any]:
        """Run a test that failed by a fault once more, with healthy providers."""
        result = yield
        failed = item.stash.get(_FAILED_BY_A_FAULT, False)
        session, option = item.session, self.config.option
        if failed and not (session.shouldstop or session.shouldfail or option.usepdb):
            item.stash[profile_selection.HEALTHY] = True
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            del item.stash[profile_selection.HEALTHY]
            if all(report.passed for report in reports):
                self.passed_without.append(item.nodeid)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the reports tell, those of workers too."""
        facts = getattr(report, _FACTS, None)
        if hasattr(report, "context"):  # a subtest: a part of a test, which unittest lets pass
            if report.failed:
                self.failed_in_part.add(report.nodeid)
            return
        if facts is None or str(report.outcome) == "rerun":
            return
        outcome = "failed" if report.nodeid in self.failed_in_part else report.outcome
        self.tests_not_judged += bool(facts["not judged"])
        for check, reason in facts["not judged"]:
            self.reasons.setdefault(check.partition("(")[0], reason)
        if facts["profile"] and not hasattr(report, CAMPAIGN_RUN):  # which has a table of its own
            how = outcome if facts["met a fault"] and not report.skipped else "not hit"
            self.by_profile.setdefault(facts["profile"], Counter())[how] += 1
        if "by option" in facts:
            met, failed = facts["met a fault"], outcome == "failed"
            self.counts.update(tests=1, asked=int(facts["asked"]), met=int(met))
            self.counts.update(failed=int(met and failed), others=int(failed and not met))

    def pytest_sessionfinish(self) -> None:
        """Send from a worker of pytest-xdist which tests pass without the fault."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[_PASSED_WITHOUT] = self.passed_without

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect what a worker has sent."""
        self.passed_without += getattr(node, "workeroutput", {}).get(_PASSED_WITHOUT, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was not judged, and what `--chaos` did."""
        for line in (*self._of_profiles(), *self._table(), *self._of_checks()):
            terminalreporter.write_line(line)

    def _table(self) -> list[str]:
        """A line for each profile, where there were several."""
        if len(self.by_profile) < _TABLE_FROM:
            return []
        longest = max(map(len, self.by_profile))
        head = f"chaos_llm: {'profile':<{longest}}" + "".join(f"  {word}" for word in _COLUMNS)
        return [
            head,
            *(
                f"{'':<11}{name:<{longest}}"
                + "".join(f"  {counts[word]:>{len(word)}}" for word in _COLUMNS)
                for name, counts in sorted(self.by_profile.items())
            ),
        ]

    def _of_checks(self) -> list[str]:
        if not self.reasons:
            return []
        checks, tests = len(self.reasons), self.tests_not_judged
        named = "; ".join(f"{name} ({_cut(why)})" for name, why in _first(self.reasons.items()))
        more = f"; and {checks - _SHOWN} more" if checks > _SHOWN else ""
        were = "one check was" if checks == 1 else f"{checks} checks were"
        where = "one test" if tests == 1 else f"{tests} tests"
        return [f"chaos_llm: {were} not judged in {where}: {named}{more}"]

    def _of_profiles(self) -> list[str]:
        if not self.counts["tests"]:
            return []
        counts, passed = self.counts, self.passed_without
        line = (
            f"chaos_llm: on {', '.join(self.profiles)} {counts['asked']} of "
            f"{counts['tests']} tests asked a provider, {counts['met']} met a fault"
        )
        if counts["met"]:
            line += f", and {counts['failed']} of those failed"
        if counts["failed"] == 1:
            alone = "it passes with healthy providers" if passed else "it fails without faults, too"
            line += f"; {alone}"
        elif counts["failed"]:
            line += f"; {len(passed)} of the failed ones pass with healthy providers"
        if counts["others"]:
            line += f"; {_tests(counts['others'])} failed without having met a fault"
        more = [f"  … and {len(passed) - _SHOWN} more"] if len(passed) > _SHOWN else []
        return [line, *(f"  {nodeid}" for nodeid in _first(passed)), *more]


def _not_judged() -> list[tuple[str, str]]:
    checked = sys.modules.get("chaos_llm.reports.checked")
    return checked.not_judged() if checked is not None else []


def _met(item: pytest.Item) -> dict[str, Any]:
    """The profile of a test, whether it asked a provider, and whether it met a fault."""
    outage = item.stash.get(profile_selection.OUTAGE, None)
    if outage is None:
        return {"profile": "", "asked": False, "met a fault": False}
    journal = list(outage.journal)
    return {
        "profile": outage.profile.name if outage.profile.windows else "",
        "asked": bool(journal),
        "met a fault": any(each.applied for each in journal),
    }


def _first(items: Any) -> list[Any]:
    return sorted(items)[:_SHOWN]


def _tests(count: int) -> str:
    return "one test" if count == 1 else f"{count} tests"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
