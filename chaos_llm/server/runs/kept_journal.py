"""The journal of a served run: bounded in memory, and whole in a file where one was asked for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from chaos_llm.decisions.plan import HEALTHY, Decision
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key


class KeptJournal(Journal):
    """The last exchanges of a run, at most `limit`; `dropped` says how many are gone."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit, self.dropped = limit, 0

    def open(self, at: float, request: Request, key: Key, decision: Decision = HEALTHY) -> Exchange:
        """Begin the record of a request; the oldest tenth makes room where there is none."""
        kept = self._exchanges
        if len(kept) >= self.limit:
            gone = max(1, self.limit // 10)
            del kept[:gone]
            self.dropped += gone
        exchange = Exchange(self.dropped + len(kept), at, request, key, decision)
        kept.append(exchange)
        return exchange

    @property
    def count(self) -> int:
        """How many exchanges there have been."""
        return self.dropped + len(self._exchanges)


class JournalWriter:
    """All exchanges of all runs, a line each as it ends; written before the loop idles again."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._file, self._loop = path.open("a", encoding="utf-8"), loop
        self._is_due = False

    def write(self, run: str, exchange: Exchange) -> None:
        line = {"run": run, **exchange.line()}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        self._file.close()
