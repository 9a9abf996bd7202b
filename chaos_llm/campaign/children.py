"""Children that play runs, one for each thread of an executor."""

from __future__ import annotations

import selectors
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from typing import Any

from chaos_llm.campaign.case import Row
from chaos_llm.campaign.child import READY, read, write
from chaos_llm.campaign.worker import Task

_RUNS = 200  # of one child; then a new one begins, so that what an app leaks does not add up
_BEGINNING = 120.0  # real seconds for a child to begin, on a machine that is busy


class Child:
    """One process. Not for several threads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos_llm.campaign.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent: runs that have begun end as rows
        )
        self.runs = 0
        # Also when the thread that owns it ends, as those of an executor do.
        self.end = weakref.finalize(self, _end, self._process)
        write(self._input, sys.path)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _input(self) -> Any:
        return self._process.stdin

    def play(self, task: Task) -> Row:
        """Play one run. Raises ChildDied or ChildHung; the child is of no use afterwards."""
        self.runs += 1
        try:
            if self.runs == 1:
                self._begin()
            write(self._input, task)
            result = self._answer(task.limit)
        except (EOFError, BrokenPipeError):
            status = self._process.wait()
            self.end()
            raise ChildDied(status) from None
        if isinstance(result, Exception):
            raise result
        assert isinstance(result, Row)
        return result

    def _begin(self) -> None:
        """Wait until it has imported what it needs."""
        if self._answer(_BEGINNING) != READY:
            raise EOFError

    def _answer(self, limit: float) -> Any:
        """What the child says next, if it does so within `limit` real seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type] # a pipe
            if not selector.select(limit):
                self.end()
                raise ChildHung
        return read(self._process.stdout)  # type: ignore[arg-type] # a pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a child, and wait until it is gone."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


class ChildDied(Exception):
    """A child ended during a run; the argument is its exit status."""


class ChildHung(Exception):
    """A run did not end within its limit of real time."""


_of_thread = threading.local()


def play_in_child(task: Task) -> Row:
    """Play a run in this thread's child. A run that fails there is retried once in another."""
    first = _attempt(task)
    return first if first.status in ("judged", "crashed") else _attempt(task)


def _attempt(task: Task) -> Row:
    child: Child | None = getattr(_of_thread, "child", None)
    if child is None or child.runs >= _RUNS:
        child = _of_thread.child = Child()
    try:
        return child.play(task)
    except ChildHung:
        text = f"the run did not end within {task.limit:g} real seconds"
        row = Row(task.case.profile, task.case.seed, "hung", error=text)
    except ChildDied as death:
        text = f"its process ended with status {death.args[0]}"
        row = Row(task.case.profile, task.case.seed, "lost", error=text)
    _of_thread.child = None
    return row
