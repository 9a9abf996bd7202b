"""What is made once a session, whichever worker of pytest-xdist needs it first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

try:
    import fcntl
except ImportError:  # Windows: each worker makes its own
    LOCKS = False
else:
    LOCKS = True


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of this session's files, the same in all workers of pytest-xdist."""
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` has filled; the other workers wait for it and find it made.

    A make that fails is tried again by the next test that asks, so that each shows the error.
    """
    root = shared_folder(factory) if LOCKS else factory.getbasetemp()
    folder, done = root / name, root / f"{name}.done"
    with _locked(root / f"{name}.lock"):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        if LOCKS:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given up when the file is closed
        yield
