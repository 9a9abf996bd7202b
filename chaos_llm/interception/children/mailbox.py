"""A file in which child processes leave word of what they were refused."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

_LONGEST = 2_000  # characters; so short a line is appended in one piece
_MOST = 1_000_000  # bytes that are read; a child may be refused in a loop


class Mailbox:
    """Texts from any number of processes; the file is not there until one writes."""

    def __init__(self, path: str | None = None) -> None:
        folder = tempfile.gettempdir()
        self.path = path or str(Path(folder) / f"chaos-llm-{secrets.token_hex(8)}.refusals")

    def post(self, text: str) -> None:
        """Leave a text; a full or read-only disk is no reason for the child to fail otherwise."""
        line = json.dumps(text[:_LONGEST]).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with suppress(OSError):
            file = os.open(self.path, flags, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)

    def take(self) -> list[str]:
        """Every text so far, each once; the file is gone afterwards."""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123 - once an outage
                data = file.read(_MOST)
        except FileNotFoundError:
            return []
        Path(self.path).unlink(missing_ok=True)
        texts = []
        for line in data.splitlines():
            with suppress(ValueError):  # the last line, where there were too many
                texts.append(str(json.loads(line)))
        return list(dict.fromkeys(texts))
