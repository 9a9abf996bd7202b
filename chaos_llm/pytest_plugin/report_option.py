"""The hooks behind `--chaos-report` and the JUnit properties; registered where one is asked for."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos_llm.pytest_plugin import profile_selection

if TYPE_CHECKING:
    from chaos_llm import Outage

_PREFIX = "chaos_"
_TROUBLE = "chaos_report_trouble"


class ReportOption:
    """Tells of every test that is played on a bad day; `folder` is None without a folder."""

    def __init__(self, config: pytest.Config, folder: Path | None) -> None:
        self.folder, self._trouble = folder, list[str]()
        self._writes_index = not hasattr(config, "workerinput") and not config.option.collectonly

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Make room, before any worker of pytest-xdist begins."""
        if self.folder is not None and self._writes_index:
            from chaos_llm.reports.folder import Folder  # noqa: PLC0415 - pydantic

            Folder(self.folder).clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the properties before pytest makes its report, and the page when it has."""
        if item.stash.get(profile_selection.HEALTHY, False):
            return (yield)
        if call.when == "setup":  # perhaps of another try
            kept = [each for each in item.user_properties if not each[0].startswith(_PREFIX)]
            item.user_properties[:] = kept
        outage = item.stash.get(profile_selection.OUTAGE, None)
        trouble = ""
        if outage is not None and call.when == "call":
            trouble = self._add_properties(item, outage)
        report = yield
        if outage is not None and (call.when == "call" or report.failed):
            trouble = self._write(report, outage) or trouble
        if trouble:
            report.user_properties.append((_TROUBLE, trouble))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear what went wrong, in workers too."""
        said = dict(report.user_properties).get(_TROUBLE)
        if said is not None:
            self._trouble.append(f"{report.nodeid}: {said}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the page of the session."""
        if self.folder is not None and self._writes_index:
            from chaos_llm.reports.folder import Folder  # noqa: PLC0415 - pydantic

            try:
                Folder(self.folder).write_index()
            except Exception as error:  # the same
                self._trouble.append(f"no index: {error!r}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the page is."""
        if self.folder is not None and self._writes_index:
            terminalreporter.write_line(f"chaos report: {self.folder / 'index.html'}")
        for said in self._trouble:
            terminalreporter.write_line(f"chaos report: {said}", red=True)

    def _add_properties(self, item: pytest.Item, outage: Outage) -> str:
        from chaos_llm.reports.junit import properties  # noqa: PLC0415 - a test's that uses us

        try:
            item.user_properties += properties(outage.plan, outage.journal, outage.reports)
        except Exception as error:  # a mistake of ours must not fail their test
            return f"no properties: {error!r}"
        return ""

    def _write(self, report: pytest.TestReport, outage: Outage) -> str:
        if self.folder is None:
            return ""
        from chaos_llm.reports.folder import Folder, stem_of  # noqa: PLC0415 - pydantic
        from chaos_llm.reports.journals.file import written  # noqa: PLC0415 - the same
        from chaos_llm.reports.records.tested import (  # noqa: PLC0415 - the same
            Verdict,
            record_of_test,
        )

        said = Verdict(report.nodeid, _word(report), _says(report), report.duration)
        try:
            test = record_of_test(
                said,
                outage.plan,
                outage.journal,
                reports=outage.reports,
                real_peers=outage.clock.real_peers,
                journal_file=f"{stem_of(report.nodeid)}.jsonl" if len(outage.journal) else "",
            )
            Folder(self.folder).write(test, written(outage.journal, outage.plan))
        except Exception as error:  # the same
            return f"no page: {error!r}"
        return ""


def _word(report: pytest.TestReport) -> str:
    if report.when != "call":
        return "error"
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    return report.outcome


def _says(report: pytest.TestReport) -> str:
    """Why a test did not pass: the first line of it, as findings tell the rest."""
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash is not None else str(report.longrepr or "")
    return next(iter(message.splitlines()), "")
