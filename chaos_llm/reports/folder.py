"""The report folder: a page, data and journal for each test, and an index page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from chaos_llm.protocol.redaction import without_shapes
from chaos_llm.reports import history
from chaos_llm.reports.html.page import page_of_test
from chaos_llm.reports.html.session import session_page
from chaos_llm.reports.html.test_matrix import Entry
from chaos_llm.reports.records.models import TestRecord

INDEX = "index.html"
_OURS = '"kind": "chaos_llm test"'  # at the beginning of each data file; others are not removed
_ENDINGS = (".json", ".html", ".jsonl")
_KEPT = 45, 45  # letters that stay of a long name: of the test, and of its parameters


def stem_of(test: str) -> str:
    """A unique file name for a test, without its ending and secrets, valid on any file system."""
    digest = blake2b(test.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", without_shapes(test).rpartition("/")[2]).strip("-")
    if len(plain) > sum(_KEPT):
        plain = f"{plain[: _KEPT[0]]}--{plain[-_KEPT[1] :]}"
    return f"{plain}-{digest}"


class Folder:
    """The folder of one session; workers of pytest-xdist write into the same one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def clear(self) -> None:
        """Remove the files of an earlier session, and no others."""
        self.path.mkdir(parents=True, exist_ok=True)
        for data in self._ours():
            for ending in _ENDINGS:
                data.with_suffix(ending).unlink(missing_ok=True)

    def write(self, test: TestRecord, journal: str, stem: str = "") -> str:
        """Write the three files of a test; returns their stem, which follows from its name.

        All three are made before the first is written: half a set would mislead.
        """
        stem = stem or stem_of(test.test)
        page, data = page_of_test(test, stem, INDEX), test.model_dump_json(indent=1) + "\n"
        self.path.mkdir(parents=True, exist_ok=True)
        if test.journal:
            self._write(test.journal, journal)
        self._write(f"{stem}.html", page)
        self._write(f"{stem}.json", data)
        return stem

    def write_index(self) -> Path:
        """Write the session's page from what its tests have written, and remember how it went."""
        entries, made, before = self.entries(), datetime.now(UTC), history.read(self.path)
        self._write(INDEX, session_page(entries, made, before))
        if entries:
            self._write(history.FILE, history.added(before, history.session_of(entries, made)))
        return self.path / INDEX

    def entries(self) -> list[Entry]:
        """What the tests of the session have written; raises pydantic's ValidationError."""
        return [
            Entry(TestRecord.model_validate_json(data.read_text(encoding="utf-8")), data.stem)
            for data in self._ours()
        ]

    def _ours(self) -> Iterator[Path]:
        for data in sorted(self.path.glob("*.json")):
            with data.open(encoding="utf-8", errors="replace") as text:
                if _OURS in text.read(100):
                    yield data

    def _write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8", errors="backslashreplace")
