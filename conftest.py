"""What holds for every test: Python blocks of the docs are tests; CI has every tool they need."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import os
import re
import shutil
import signal
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self, TypeVar

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "support.bytecode", "support.sweeps"]

_PYTHON_BLOCK_OR_NEEDS = re.compile(
    r"^```python\n(?P<text>.*?)^```$|^<!-- needs:(?P<needs>.*?) -->$", re.MULTILINE | re.DOTALL
)
_FILE_NAME = re.compile(r"# (?P<name>\w+)\.py\n")
_HAS_TESTS = re.compile(r"^\s*(async )?def test_|^class Test|^Test\w+ = ", re.MULTILINE)
_NEEDS_A_TOOL = re.compile(r"\bneeds\b.*\b(go|node|chromium|haproxy|toxiproxy)\b", re.IGNORECASE)
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure(config: pytest.Config) -> None:
    """Let properties take their time, and have Ctrl-C work in tests of it.

    A shell that starts a job in the background ignores Ctrl-C. What is ignored stays so in every
    child process; what has a handler does not.
    """
    if not os.environ.get("CI") and not config.getoption("hypothesis_profile", None):
        slow = [HealthCheck.too_slow]  # as in the profile that Hypothesis loads in CI
        settings.register_profile("any machine", deadline=None, suppress_health_check=slow)
        settings.load_profile("any machine")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the README.md beside this file, and every page of docs/ beside it."""
    root = Path(__file__).parent
    is_page = file_path.suffix == ".md" and root / "docs" in file_path.parents
    if file_path == root / "README.md" or is_page:
        return Page.from_parent(parent, path=file_path)
    return None


class Page(pytest.File):
    """A text in which each Python block is a test.

    A block with test functions is a test module. A block that begins with a comment `# name.py` is
    a module that later blocks of its page can import. Any other block runs as one test. Blocks
    behind a line `<!-- needs: NAME ... -->` are skipped where one of these modules or commands is
    not installed; NO_LIBRARY_IS_ABSENT makes that a failure. A page whose first line says that it
    is followed in an empty folder has a test of its own.
    """

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        text = self.path.read_text(encoding="utf-8")
        if text.startswith("<!-- followed in an empty folder by "):
            return
        _show_python_alone(self.path, text)
        needs: tuple[str, ...] = ()
        modules: dict[str, ModuleType] = {}
        for found in _PYTHON_BLOCK_OR_NEEDS.finditer(text):
            if found["needs"] is not None:
                needs = tuple(found["needs"].split())
                continue
            line = text.count("\n", 0, found.start("text")) + 1
            block = Snippet(self.path, line, found["text"], needs, modules)
            if block.name:
                modules[block.name] = block.empty_module(block.name)
                yield NamedBlock.of(self, block)
            elif block.has_tests:
                yield Block.of(self, block)
            else:
                yield Script.of(self, block)


@dataclass(frozen=True)
class Snippet:
    """A Python block of a page: where it stands, and what it may import of its page."""

    path: Path
    line: int
    text: str
    needs: tuple[str, ...]
    modules: dict[str, ModuleType]

    @property
    def name(self) -> str:
        """The module that the block is, where its first line says so."""
        found = _FILE_NAME.match(self.text)
        return found["name"] if found and not found["name"].startswith("test_") else ""

    @property
    def has_tests(self) -> bool:
        return _HAS_TESTS.search(self.text) is not None

    def empty_module(self, name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(self.path)
        return module

    def run(self, module: ModuleType) -> None:
        """Execute the block where it stands, so that a failure shows its line of the page."""
        tree = ast.increment_lineno(ast.parse(self.text), self.line - 1)
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            for name, each in self.modules.items():
                patch.setitem(sys.modules, name, each)
            if self.needs:  # frameworks warn of their own dependencies
                warnings.simplefilter("ignore")
                module.__dict__["pytestmark"] = pytest.mark.filterwarnings("ignore")
            exec(compile(tree, str(self.path), "exec"), module.__dict__)  # noqa: S102 - our pages

    def require(self) -> None:
        """Skip where a needed module is not installed; raises ImportError in lanes of CI."""
        for name in self.needs:
            if os.environ.get("NO_LIBRARY_IS_ABSENT") and not shutil.which(name):
                importlib.import_module(name)
            elif importlib.util.find_spec(name) is None and shutil.which(name) is None:
                raise pytest.skip.Exception(f"needs {name}")


def _show_python_alone(path: Path, text: str) -> None:
    """Have `inspect` see a page's Python where it stands, and blank lines around it.

    `inspect.getsource` of a class parses the whole file, and Hypothesis asks for it. An entry of
    linecache without a time of change is never compared with the file.
    """
    blank = re.compile(r"[^\n]+")
    parts, end = [], 0
    for found in _PYTHON_BLOCK_OR_NEEDS.finditer(text):
        if found["needs"] is None:
            start = found.start("text")
            parts += [blank.sub("", text[end:start]), found["text"]]
            end = found.end("text")
    lines = "".join([*parts, blank.sub("", text[end:])]).splitlines(keepends=True)
    linecache.cache[str(path)] = (len(text), None, lines, str(path))


class Block(pytest.Module):
    """A block with test functions, as a module of its own."""

    snippet: Snippet

    @classmethod
    def of(cls, page: Page, snippet: Snippet) -> Self:
        name = f"line {snippet.line}"
        nodeid = f"{page.nodeid}::{name}"
        block = cls.from_parent(page, path=page.path, name=name, nodeid=nodeid)
        block.snippet = snippet
        return block

    def _getobj(self) -> ModuleType:
        self.snippet.require()
        name = f"{self.path.stem.replace('-', '_').lower()}_line_{self.snippet.line}"
        module = self.snippet.empty_module(name)
        sys.modules[name] = module  # where dataclasses look their annotations up
        try:
            self.snippet.run(module)
        except Exception as error:
            raise self.CollectError(f"{self.path.name}, block at {self.name}: {error!r}") from error
        return module


class Script(pytest.Item):
    """A block without test functions: that it runs is the test."""

    snippet: Snippet

    @classmethod
    def of(cls, page: Page, snippet: Snippet) -> Self:
        script = cls.from_parent(page, name=f"line {snippet.line}")
        script.snippet = snippet
        return script

    def runtest(self) -> None:
        self.snippet.require()
        self.snippet.run(self.module())

    def module(self) -> ModuleType:
        return self.snippet.empty_module("__main__")

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.snippet.line - 1, f"{self.path.name}: {self.name}"


class NamedBlock(Script):
    """A block that is a module for later blocks of its page.

    It is executed while pytest collects, because the blocks behind it import it then.
    """

    @classmethod
    def of(cls, page: Page, snippet: Snippet) -> Self:
        block = super().of(page, snippet)
        with suppress(pytest.skip.Exception, Exception):  # its own run says what is wrong
            snippet.require()
            snippet.run(snippet.modules[snippet.name])
        return block


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
