"""`chaos-llm record` in a process of its own, for tests."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from support.commands import COMMAND
from support.waiting import PATIENCE


class RunningRecorder(NamedTuple):
    url: str
    process: subprocess.Popen[str]
    said: str


@contextmanager
def recording(path: Path | str, *arguments: str, **options: Any) -> Iterator[RunningRecorder]:
    """A recorder that listens; it is ended by its own pid."""
    process = subprocess.Popen(
        [*COMMAND, "record", "-o", str(path), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = [process.stdout.readline()]
        while said[-1] and not said[-1].startswith("  keys are masked"):
            said.append(process.stdout.readline())
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(said))
        assert found, process.stderr.read()
        yield RunningRecorder(found[0], process, "".join(said))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()
