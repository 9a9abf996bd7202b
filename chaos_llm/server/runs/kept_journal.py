"""The journal of a served run: bounded in memory, and whole in a file where one was asked for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from chaos_llm.decisions.plan import Decision
from chaos_llm.journal.exchange_kinds import ExchangeKind
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.redaction import Secrets
from chaos_llm.requests.correlation import Key
from chaos_llm.server.launch.log import tell


class KeptJournal(Journal):
    """The last exchanges of a run, at most `limit`; `dropped` says how many are gone.

    `applied` counts all to which a fault was applied, those that are gone as well.
    """

    def __init__(self, limit: int, secrets: Secrets) -> None:
        super().__init__()
        self.limit, self.dropped, self.applied = limit, 0, 0
        self.secrets = secrets

    def begin(self, at: float, kind: ExchangeKind, key: Key, decision: Decision) -> Exchange:
        """Begin the record of a request; the oldest tenth makes room where there is none."""
        kept = self._exchanges
        if len(kept) >= self.limit:
            gone = len(kept) - self.limit + max(1, self.limit // 10)
            del kept[:gone]
            self.dropped += gone
        exchange = Exchange(self.dropped + len(kept), at, kind, key, decision)
        kept.append(exchange)
        return exchange

    def since(self, number: int) -> list[Exchange]:
        """The exchanges from that number on, as far as they are kept."""
        return self._exchanges[max(0, number - self.dropped) :]

    @property
    def count(self) -> int:
        """How many exchanges there have been."""
        return self.dropped + len(self._exchanges)


class JournalWriter:
    """All exchanges of all runs, a line each as it ends; written before the loop idles again.

    Several workers append to one file: whole lines go out in one write, so that none is torn.
    """

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, secrets: Secrets) -> None:
        self._path, self._secrets, self._loop = path, secrets, loop
        self._file = path.open("ab", buffering=0)
        self._lines: list[str] = []
        self._is_due = self._is_lost = False

    def write(self, run: str, exchange: Exchange) -> None:
        """Write the record of an exchange that has ended; a full disk loses it, and no client."""
        line = self._secrets.masked(strict_json.dumps({"run": run, **exchange.line()}))
        self._lines.append(line + "\n")
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        data, self._lines = "".join(self._lines).encode(), []
        if not self._file.closed:
            try:
                while data:
                    data = data[self._file.write(data) :]
            except OSError as error:
                self._lose(error)

    def _lose(self, error: OSError) -> None:
        if not self._is_lost:
            self._is_lost = True
            tell(f"{self._path} cannot be written: {error.strerror}; records are lost from here on")

    def close(self) -> None:
        self._flush()
        with suppress(OSError):  # reported before
            self._file.close()
