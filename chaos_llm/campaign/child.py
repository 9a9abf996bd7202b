"""A process that plays one run after the other: tasks on its standard input, rows on its output.

An outage moves the clock of its whole process, so a run needs a process of its own, also where the
executor's worker is a thread of a process that has a heart beat to keep.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from typing import Any, BinaryIO

_LENGTH = struct.Struct("!Q")
READY = "ready"  # what a child says when it has imported what it needs


def write(stream: BinaryIO, value: Any) -> None:
    """Write a pickled value behind its length."""
    data = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """Read one value; raises EOFError at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(head)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - it comes from the parent, or from its child


def main() -> None:
    """Play tasks until the parent closes the input."""
    tasks = os.fdopen(os.dup(0), "rb")
    rows = os.fdopen(os.dup(1), "wb")
    # What the app reads and prints must not get between the two.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    path = read(tasks)
    sys.path[:] = path
    from chaos_llm.campaign.worker import play  # noqa: PLC0415 - with the parent's path

    write(rows, READY)
    while True:
        try:
            task = read(tasks)
        except EOFError:
            return
        try:
            result: Any = play(task)
        except Exception as error:  # it is raised again in the parent
            result = error
        write(rows, result)


if __name__ == "__main__":
    main()
