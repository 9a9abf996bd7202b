"""The hooks of `--chaos-report` and of the JUnit properties; registered only if needed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos_llm.pytest_plugin import profile_selection

if TYPE_CHECKING:
    from chaos_llm import Outage

_PREFIX = "chaos_"
_PROBLEM = "chaos_report_trouble"


class ReportOption:
    """Reports on every test with an outage; `folder` is None for JUnit properties alone."""

    def __init__(self, config: pytest.Config, folder: Path | None) -> None:
        self.folder, self._problems = folder, list[str]()
        self._writes_index = not hasattr(config, "workerinput") and not config.option.collectonly

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Remove the pages of an earlier session, before any worker of pytest-xdist starts."""
        if self.folder is not None and self._writes_index:
            from chaos_llm.reports.folder import Folder  # noqa: PLC0415 - pydantic

            Folder(self.folder).clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the properties before pytest makes its report, and write the page after."""
        if item.stash.get(profile_selection.HEALTHY, False):
            return (yield)
        if call.when == "setup":  # perhaps of a rerun, whose properties replace the earlier ones
            kept = [each for each in item.user_properties if not each[0].startswith(_PREFIX)]
            item.user_properties[:] = kept
        outage = item.stash.get(profile_selection.OUTAGE, None)
        problem = ""
        if outage is not None and call.when == "call":
            problem = self._add_properties(item, outage)
        report = yield
        if outage is not None and (call.when == "call" or report.failed):
            problem = self._write(report, outage) or problem
        if problem:
            report.user_properties.append((_PROBLEM, problem))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the problems of all tests, those in workers too."""
        problem = dict(report.user_properties).get(_PROBLEM)
        if problem is not None:
            self._problems.append(f"{report.nodeid}: {problem}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the index page of the session."""
        if self.folder is not None and self._writes_index:
            from chaos_llm.reports.folder import Folder  # noqa: PLC0415 - pydantic

            try:
                Folder(self.folder).write_index()
            except Exception as error:  # a mistake of ours must not fail the session
                self._problems.append(f"no index: {error!r}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Report where the index is, and what could not be written."""
        if self.folder is not None and self._writes_index:
            terminalreporter.write_line(f"chaos report: {self.folder / 'index.html'}")
        for problem in self._problems:
            terminalreporter.write_line(f"chaos report: {problem}", red=True)

    def _add_properties(self, item: pytest.Item, outage: Outage) -> str:
        from chaos_llm.reports.junit import properties  # noqa: PLC0415 - only for tests with an outage

        try:
            item.user_properties += properties(outage.plan, outage.journal, outage.reports)
        except Exception as error:  # a mistake of this package must not fail their test
            return f"no properties: {error!r}"
        return ""

    def _write(self, report: pytest.TestReport, outage: Outage) -> str:
        if self.folder is None:
            return ""
        from chaos_llm.reports.folder import Folder, stem_of  # noqa: PLC0415 - pydantic
        from chaos_llm.reports.journals.file import written  # noqa: PLC0415 - pydantic
        from chaos_llm.reports.records.tested import (  # noqa: PLC0415 - pydantic
            Verdict,
            record_of_test,
        )

        verdict = Verdict(report.nodeid, _outcome(report), _reason(report), report.duration)
        stem = stem_of(report.nodeid)
        try:
            test = record_of_test(
                verdict,
                outage.plan,
                outage.journal,
                reports=outage.reports,
                real_peers=outage.clock.real_peers,
                journal_file=f"{stem}.jsonl" if len(outage.journal) else "",
            )
            Folder(self.folder).write(test, written(outage.journal, outage.plan), stem)
        except Exception as error:  # a mistake of ours must not fail their test
            return f"no page: {error!r}"
        return ""


def _outcome(report: pytest.TestReport) -> str:
    if report.when != "call":
        return "error"
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    return report.outcome


def _reason(report: pytest.TestReport) -> str:
    """The first line of why a test did not pass; the findings on its page have the rest."""
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash is not None else str(report.longrepr or "")
    return next(iter(message.splitlines()), "")
