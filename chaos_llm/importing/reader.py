"""The interface of a reader: one file format of recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import RecordedCall, RecordedPost


class Reader(Protocol):
    """Reads one format. Teams add theirs by the entry point group `chaos_llm.readers`.

    A reader is a class without arguments, or an object. It yields what it can read and calls
    `file.broken.add(number, why)` for what it cannot; it never raises for a single broken record.
    """

    name: str  # a short word, as in `--format NAME`
    reads: str  # what it reads, for messages

    def recognises(self, file: RecordedFile) -> bool:
        """Whether the beginning of a file (`file.head`, `file.sampled`) has this format."""

    def read(self, file: RecordedFile) -> Iterator[RecordedCall | RecordedPost]:
        """The calls and posts of a file, in its order."""
