"""What holds for every test: README blocks are tests, and CI skips nothing for want of a tool."""

from __future__ import annotations

import ast
import os
import re
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

pytest_plugins = ["pytester", "support.bytecode", "support.sweeps"]

_PYTHON_BLOCK = re.compile(r"^```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NEEDS_A_TOOL = re.compile(r"\bneeds\b.*\b(go|node|chromium|toxiproxy)\b", re.IGNORECASE)
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure() -> None:
    """Have Ctrl-C work in tests of it: a shell that starts a job in the background ignores it.

    What is ignored stays so in every child process; what has a handler does not.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the README.md beside this file."""
    if file_path == Path(__file__).with_name("README.md"):
        return Readme.from_parent(parent, path=file_path)
    return None


class Readme(pytest.File):
    """A text in which each Python block with a test is a module of its own."""

    def collect(self) -> Iterator[pytest.Module]:
        text = self.path.read_text(encoding="utf-8")
        for found in _PYTHON_BLOCK.finditer(text):
            if "def test_" in found["text"]:
                yield self._block(found["text"], text.count("\n", 0, found.start("text")) + 1)

    def _block(self, text: str, line: int) -> Block:
        name = f"line {line}"
        nodeid = f"{self.nodeid}::{name}"
        block = Block.from_parent(self, path=self.path, name=name, nodeid=nodeid)
        block.text, block.line = text, line
        return block


class Block(pytest.Module):
    """One block, compiled where it stands, so that a failure shows its line of the README."""

    text: str
    line: int

    def _getobj(self) -> ModuleType:
        module = ModuleType(f"readme_line_{self.line}")
        module.__file__ = str(self.path)
        sys.modules[module.__name__] = module  # where dataclasses look their annotations up
        try:
            tree = ast.increment_lineno(ast.parse(self.text), self.line - 1)
            exec(compile(tree, str(self.path), "exec"), module.__dict__)  # noqa: S102 - our README
        except Exception as error:
            raise self.CollectError(f"README.md, block at {self.name}: {error!r}") from error
        return module


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that CI skips for want of a tool that CI has."""
    return _failed_for_want_of_a_tool((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same where a whole file skips itself."""
    return _failed_for_want_of_a_tool((yield))


def _failed_for_want_of_a_tool(report: _Report) -> _Report:
    if report.skipped and isinstance(report.longrepr, tuple) and os.environ.get("CI"):
        reason = report.longrepr[2]
        if _NEEDS_A_TOOL.search(reason):
            report.outcome = "failed"
            report.longrepr = f"CI has the tools that tests need, and this was {reason}"
    return report
