"""The file in which child processes record their refused requests."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

_LONGEST = 2_000  # characters; a line of this length is appended in one piece
_MOST = 1_000_000  # bytes that are read, because a child may send refused requests in a loop


class RefusalLog:
    """A file of texts from any number of processes, which the first of them creates."""

    def __init__(self, path: str | None = None) -> None:
        folder = tempfile.gettempdir()
        self.path = path or str(Path(folder) / f"chaos-llm-{secrets.token_hex(8)}.refusals")

    def write(self, text: str) -> None:
        """Append a text; errors of the file system are ignored, so that they hide no refusal."""
        line = json.dumps(text[:_LONGEST]).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with suppress(OSError):
            file = os.open(self.path, flags, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)

    def read_and_delete(self) -> list[str]:
        """Return each different text once, and delete the file."""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123 - once an outage
                data = file.read(_MOST)
        except FileNotFoundError:
            return []
        Path(self.path).unlink(missing_ok=True)
        texts = []
        for line in data.splitlines():
            with suppress(ValueError):  # the last line may be cut off after _MOST bytes
                texts.append(str(json.loads(line)))
        return list(dict.fromkeys(texts))
