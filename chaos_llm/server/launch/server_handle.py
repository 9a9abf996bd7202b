"""The server in its own thread, with a handle for tests: `chaos_server`.

The thread uses real time and ends with the test. Every operation runs on its event loop, so a test
sees no intermediate state.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Never, Self, TypeVar

from chaos_llm.decisions.provider_control import Answers, ProviderControl
from chaos_llm.decisions.start_position import Until, distance
from chaos_llm.durations import Duration
from chaos_llm.errors import UsageError, refusing_unknown
from chaos_llm.faults.fault import Fault
from chaos_llm.journal.journal import Exchange
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.launch.server import Server
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.runs.runs import DEFAULT, ServedRun
from chaos_llm.server.runs.verdict import timeline, verdict


class ServedControl:
    """Injects faults, heals, chooses answers; `pull` calls a method of the run's own control."""

    def __init__(self, pull: Callable[[Callable[[ProviderControl], object]], None]) -> None:
        self._pull = pull
        self._pull(lambda control: control)  # an unknown name is an error here

    def inject(
        self,
        *faults: Fault,
        share: float = 1.0,
        for_: Duration | None = None,
        times: int | None = None,
        **unknown: Never,
    ) -> ServedControl:
        """Apply these faults to each request from now on, as `ProviderControl.inject` does."""
        self._pull(
            lambda control: control.inject(*faults, share=share, for_=for_, times=times, **unknown)
        )
        return self

    @refusing_unknown("heal()")
    def heal(self) -> ServedControl:
        """End what hits this provider now."""
        self._pull(lambda control: control.heal())
        return self

    @refusing_unknown("answers()")
    def answers(
        self, answers: Answers | None = None, *, cassette: str | Path | None = None
    ) -> ServedControl:
        """Choose the provider's answers, as `ProviderControl.answers` does."""
        self._pull(lambda control: control.answers(answers, cassette=cassette))
        return self

    @refusing_unknown("batches_take()")
    def batches_take(self, length: Duration) -> ServedControl:
        """Set how long batches take, as `ProviderControl.batches_take` does."""
        self._pull(lambda control: control.batches_take(length))
        return self


_T = TypeVar("_T")
_PATIENCE = 30.0  # real seconds for anything that is asked of the loop


class ServerThread:
    """A server in a thread, between entering and leaving; `hand` steers its runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._started: Future[Server] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._serve, name="chaos-llm-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._started.result(_PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._end is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(_PATIENCE)

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = Server(self.settings)
            await server.start()
        except BaseException as error:  # it is raised in the thread that waits for the server
            self._started.set_exception(error)
            return
        self._started.set_result(server)
        await self._end.wait()
        await server.stop()

    def do(self, work: Callable[[SharedState], _T]) -> _T:
        """Do something on the server's loop, and hand back what comes of it."""
        assert self._loop is not None
        done: Future[_T] = Future()

        def on_loop() -> None:
            try:
                done.set_result(work(self._server.shared))
            except BaseException as error:  # the caller's
                done.set_exception(error)

        self._loop.call_soon_threadsafe(on_loop)
        return done.result(_PATIENCE)

    async def _until(self, ready: Callable[[], bool], within: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not ready():
            if loop.time() > end:
                return False
            await asyncio.sleep(0.002)  # noqa: TID251 - the server uses real time
        return True

    def wait_until(self, ready: Callable[[], bool], within: float) -> bool:
        """Wait in real time for something on the loop; False where it does not come."""
        assert self._loop is not None
        waited = asyncio.run_coroutine_threadsafe(self._until(ready, within), self._loop)
        return waited.result(within + _PATIENCE)

    def hand(self, run: str = DEFAULT) -> ServedOutage:
        """One run of this server, for a test to steer."""
        return ServedOutage(self, run)


class ServedOutage:
    """An outage behind real sockets, as a test controls it.

    `url` is the server's address, `env` the environment of a child process that uses it. Time
    stands still until `advance`, unless the server was started with another clock.
    """

    def __init__(self, thread: ServerThread, run: str = DEFAULT) -> None:
        self._thread, self._name = thread, run

    def do(self, work: Callable[[ServedRun], _T]) -> _T:
        """Do something with the run, on the server's loop."""
        return self._thread.do(lambda server: work(server.runs.named(self._name)))

    @property
    def url(self) -> str:
        return self._thread.do(lambda server: server.url)

    @property
    def grpc(self) -> str:
        """The target for clients of gRPC; empty where the server was started without `grpc`."""
        return self._thread.do(lambda server: server.grpc)

    @property
    def env(self) -> dict[str, str]:
        """Base URLs of every provider, and keys where there are none; the whole environment not."""
        return self.env_for(os.environ)

    def env_for(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The same for a child process with another environment."""
        name = "" if self._name == DEFAULT else self._name
        return environment(self.url, name, environ, self.doors)

    def base_url(self, provider: str) -> str:
        """The address of one provider on this server; a vendor's SDK may want its /v1 behind it."""
        self.on(provider)
        return f"{self.doors.get(provider, self.url)}/{provider}"

    @property
    def doors(self) -> dict[str, str]:
        """The address of each provider through Toxiproxy; empty where there is none in between."""
        return self._thread.do(lambda server: server.doors)

    @property
    def toxics(self) -> list[dict[str, Any]]:
        """What is wrong with the wire now, by provider."""
        return self._thread.do(lambda server: server.worn())

    @property
    def now(self) -> float:
        """Seconds of the profile."""
        return self.do(lambda run: run.now)

    @refusing_unknown("advance()")
    def advance(self, by: Duration | None = None, *, to: Until | None = None) -> float:
        """Let time pass: so long, or up to a window's name or a time; says what time it is then."""

        def pass_time(run: ServedRun) -> float:
            run.clock.advance(distance(by, to, run.plan, run.now))
            return run.now

        return self.do(pass_time)

    @refusing_unknown("wait_for()")
    def wait_for(self, requests: int = 1, *, within: float = 10.0) -> None:
        """Wait until so many requests have come in all, for at most `within` real seconds."""
        run = self.do(lambda run: run)
        if not self._thread.wait_until(lambda: run.journal.count >= requests, within):
            raise UsageError(
                f"{run.journal.count} requests came within {within:g} s, not {requests}; "
                "does the client use .env or .base_url()?"
            )

    @refusing_unknown("on()")
    def on(self, provider: str, *, surface: str = "", model: str = "") -> ServedControl:
        """Take one provider in hand: inject faults, heal it, choose its answers."""

        def pull(work: Callable[[ProviderControl], object]) -> None:
            self.do(lambda run: work(run.on(provider, surface=surface, model=model)))

        return ServedControl(pull)

    @property
    def journal(self) -> list[Exchange]:
        """What happened so far, request by request."""
        return self.do(lambda run: list(run.journal))

    def verdict(self) -> dict[str, Any]:
        """What the checks found, as far as it can be seen from behind a socket."""
        return self.do(verdict)

    @refusing_unknown("timeline()")
    def timeline(self, width: int = 100) -> str:
        return self.do(lambda run: timeline(run, width))

    @refusing_unknown("run()")
    def run(self, name: str) -> ServedOutage:
        """Another run on the same server: its own journal, clock and random draws."""
        return self._thread.hand(name)
