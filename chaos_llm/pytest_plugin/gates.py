"""Options that make a test fail: `--chaos-strict` and `--chaos-min-answered`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Generator
from typing import Any

import pytest

_CHECKED = "chaos_llm.reports.checked"  # imported when a test uses an outage
_JUDGED = "chaos_llm_judged"  # what a worker of pytest-xdist sends at its end
_DESELECTED = "chaos_llm_deselected"


def share(text: str) -> float:
    """The value of `--chaos-min-answered`: a share such as 0.99, or 99 %."""
    number = text.strip().removesuffix("%")
    try:
        value = float(number) / (100 if number != text.strip() else 1)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        message = f"a share is written as 0.99 or 99%; got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value


class Gates:
    """Fails tests of which a check was not judged, or a replay answered too few calls."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_strict: bool = config.getoption("chaos_strict")
        self.least: float | None = config.getoption("chaos_min_answered")
        self.judged = 0  # replays
        self.is_deselected = False  # some tests did not run, perhaps those with replays

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Forget what the checks and replays of the test before found."""
        if self.least is not None:
            importlib.import_module(_CHECKED).keep_replays()
        elif checked := sys.modules.get(_CHECKED):
            checked.forget()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Fail a test that passed and does not hold what the options ask for."""
        result = yield
        problems = [*self._not_judged(), *self._too_few_answered()]
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)
        return result

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember that tests were left out: by -k, by --lf, by pytest-split."""
        self.is_deselected = self.is_deselected or bool(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect what a worker of pytest-xdist has seen."""
        sent = getattr(node, "workeroutput", {})
        self.judged += sent.get(_JUDGED, 0)
        self.is_deselected = self.is_deselected or sent.get(_DESELECTED, False)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run in which no replay could be judged; a worker sends what it has seen."""
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[_JUDGED] = self.judged
            self.config.workeroutput[_DESELECTED] = self.is_deselected
        elif self.is_vacuous and not self.is_deselected and not self.config.option.collectonly:
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say that `--chaos-min-answered` had nothing to judge."""
        if self.is_vacuous and not self.config.option.collectonly:
            terminalreporter.write_line(
                "chaos_llm: --chaos-min-answered judged nothing: no test made a replay",
                red=not self.is_deselected,
            )

    @property
    def is_vacuous(self) -> bool:
        """Whether a share was asked for, and no replay was there to have one."""
        return self.least is not None and not self.judged

    def _not_judged(self) -> list[str]:
        checked = sys.modules.get(_CHECKED)
        found = checked.not_judged() if checked is not None and self.is_strict else []
        lines = [f"NOT JUDGED {check}: {reason}" for check, reason in found]
        return ["--chaos-strict:", *lines] if lines else []

    def _too_few_answered(self) -> list[str]:
        checked = sys.modules.get(_CHECKED)
        if self.least is None or checked is None:
            return []
        replays = checked.replays()
        self.judged += len(replays)
        return [
            f"--chaos-min-answered={self.least:g}: {answered:.2%} of the {calls} calls of a replay "
            f"on {profile} were answered"
            for profile, calls, answered in replays
            if answered < self.least
        ]
