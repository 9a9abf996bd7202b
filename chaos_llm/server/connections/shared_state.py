"""What the connections of one server share: runs, addresses, certificates, open connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from chaos_llm.errors import UsageError
from chaos_llm.journal.journal import Effect
from chaos_llm.protocol.redaction import Secrets
from chaos_llm.requests.hosts import Names
from chaos_llm.server.admin.later import Later
from chaos_llm.server.connections import handshakes
from chaos_llm.server.connections.tls import Authority
from chaos_llm.server.http.addresses import Addresses
from chaos_llm.server.http.known_heads import KnownHeads
from chaos_llm.server.http.own_replies import ServerReply
from chaos_llm.server.http.request_parser import Held, ReceivedRequest
from chaos_llm.server.launch.log import described, line, tell
from chaos_llm.server.launch.settings import Settings, is_loopback
from chaos_llm.server.passthrough.upstreams import Upstreams
from chaos_llm.server.runs.kept_journal import JournalWriter
from chaos_llm.server.runs.loop_lag import LoopLag
from chaos_llm.server.runs.runs import DEFAULT, Notes, Runs, RunStart
from chaos_llm.server.runs.tally import Tally

_PROBLEMS = 20
_WORKERS = 2  # threads for what would keep other clients waiting
_APPLIED: Effect = "applied"


class OpenConnection(Protocol):
    """Anything that holds a connection."""

    def overdue(self, now: float) -> bool:
        """Whether it has been waited for long enough."""

    def expire(self) -> None:
        """End it for that."""

    def shut(self) -> None:
        """End it, because the server stops."""


class Peers(Protocol):
    """The other workers of a server."""

    count: int

    def is_elsewhere(self, run: str) -> bool:
        """Whether a run lives on another worker."""

    def hand_on(
        self,
        connection: Any,
        requests: list[ReceivedRequest],
        rest: bytes,
        run: str,
        origin: ClientOrigin,
    ) -> None:
        """Give a connection, with requests that came whole, to the worker of a run."""

    def ask(self, question: str) -> list[Any]:
        """What every worker answers; for a thread, because it waits."""


class ClientOrigin(NamedTuple):
    """What is known of a client before its first request.

    `meant` and `run` are the host and the run that a CONNECT named. `past_handshake` says that a
    TLS handshake could have failed and did not, `over_wire` that Toxiproxy is in between.
    """

    meant: str = ""
    run: str = ""
    past_handshake: bool = False
    over_wire: bool = False


class SharedState:
    """One server's state; `answer` is its admin API, `connect` what a CONNECT is given to."""

    def __init__(
        self,
        settings: Settings,
        answer: Callable[[SharedState, ReceivedRequest], ServerReply | Later],
        authority: Authority | None = None,
    ) -> None:
        self.settings, self.loop = settings, asyncio.get_running_loop()
        self.answer = answer
        self.time = self.loop.time
        self.url = ""  # as a client on this machine writes it
        self.grpc = ""  # the target for clients of gRPC; empty where there is no port for it
        self.doors: dict[str, str] = {}  # by provider: its address through Toxiproxy
        self.worn: Callable[[], list[dict[str, Any]]] = list  # the toxics that are on
        self.addresses = Addresses(settings.providers, settings.rootdir)
        also = "" if is_loopback(settings.host) else settings.host
        self.authority = authority or (Authority(also) if settings.tls else None)
        self.peers: Peers | None = None  # where the server has other workers beside this one
        beginning = RunStart(
            settings.day(),
            settings.seed,
            settings.rate,
            settings.at,
            rootdir=settings.rootdir or Path(),
            strict=settings.is_strict,
            webhooks=settings.webhook_delivery,
        )
        given = settings.upstream
        self.upstreams = None if given is None else Upstreams(given, self.addresses)
        self.secrets = Secrets()
        self.file = self._journal_file(settings.journal)
        self.tally, self.lag = Tally(), LoopLag(self.loop)
        notes = Notes(self.file, self.secrets, self.tally)
        self.runs = Runs(beginning, settings.limits, self.loop, notes)
        self.connections: set[OpenConnection] = set()
        self.held, self.known_heads = Held(), KnownHeads(self.addresses.find)
        self.requests = 0
        self.problems: list[str] = []  # of the test's own faults and answers
        self.tasks: set[asyncio.Task[None]] = set()
        self._handshakes = 0
        self._workers: ThreadPoolExecutor | None = None

    def _journal_file(self, path: Path | None) -> JournalWriter | None:
        if path is None:
            return None
        try:
            return JournalWriter(path, self.loop, self.secrets)
        except OSError as error:
            raise UsageError(f"--journal {path} cannot be written: {error.strerror}") from None

    def judged_at_handshake(self, host: str) -> Names:
        """The providers whose TLS can fail by this host: its own, or the only one served."""
        names = self.addresses.names(host)
        return names or (self.addresses.played if len(self.addresses.played) == 1 else ())

    def admits(self, host: str, run_name: str) -> bool:
        """Whether a TLS handshake for that host goes on; one that does not is journalled.

        No header is known yet: unless a CONNECT named a run, the default one decides.
        """
        run = self.runs.named(run_name or DEFAULT)
        self._handshakes += 1
        names = self.judged_at_handshake(host)
        for request, key in handshakes.probes(names, host, self._handshakes):
            decision = run.overrides.decide_handshake(request, key, run.now)
            if decision.draws:
                exchange = run.journal.open(run.now, request, key, decision)
                exchange.effects = (_APPLIED,) * len(decision.draws)
                run.journal.applied += 1
                run.end(exchange, "closed")
                return False
        return True

    def problem(self, asked: ReceivedRequest, error: BaseException) -> str:
        """Note that something raised: a fault, or answers, of the test's own, or a mistake here."""
        return self.note(f"no reply to {asked.method} {asked.path[:100]}: {described(error)}")

    def note(self, problem: str) -> str:
        """Keep a problem for `state`, print it on the console, and return its text."""
        text = line(self.secrets.masked(problem))
        self.problems = [*self.problems[1 - _PROBLEMS :], text]
        tell(text)
        return text

    def work(self, work: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        """Do something in a thread, and call `done` on the loop."""
        if self._workers is None:
            self._workers = ThreadPoolExecutor(_WORKERS, "chaos-llm-admin")
        future = self._workers.submit(work)
        future.add_done_callback(lambda ended: self._back(done, ended))

    def _back(self, done: Callable[[Future[Any]], None], ended: Future[Any]) -> None:
        if not ended.cancelled() and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(done, ended)

    def stop_work(self) -> None:
        """Let the threads end with what they are at."""
        if self._workers is not None:
            self._workers.shutdown(wait=False, cancel_futures=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the connections."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
