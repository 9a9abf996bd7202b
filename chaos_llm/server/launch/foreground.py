"""A server that runs until a signal ends it: `chaos-llm serve`."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos_llm.durations import describe
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.http.own_replies import ADMIN
from chaos_llm.server.launch.server import Server
from chaos_llm.server.launch.settings import Settings

Say = Callable[[str], None]

EVERY = 30.0  # real seconds between two lines about progress
_ENDS = (signal.SIGINT, signal.SIGTERM)


async def serve(settings: Settings, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; then end what is under way, and write the journal out."""
    serving, end, loop = Server(settings), asyncio.Event(), asyncio.get_running_loop()
    await serving.start()
    server = serving.shared
    for number in _ENDS:
        loop.add_signal_handler(number, end.set)
    say("\n".join(greeting(server)))
    collect_rarely()
    progress = _Progress(server, say)
    progress.begin()
    await end.wait()
    progress.stop()
    await serving.stop()
    say(f"ended after {_requests(server)}")


def collect_rarely() -> None:
    """Look for garbage seldom, and not at all among what was imported.

    Records of a journal live long and form no circles, so each look finds nothing. Only here, where
    the process is the server's own: what a test's process does about garbage is up to the test.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def greeting(server: SharedState) -> Iterator[str]:
    """The text that is printed when a server starts."""
    settings, run = server.settings, server.runs.default
    profile, clock = run.plan.profile, settings.clock
    where = f"at {server.url}, seed {settings.seed}, {_workers(server)}"
    yield f"chaos-llm replays {profile.name} {where}"
    if clock == "manual":
        yield f'  time stands: POST {server.url}{ADMIN}/advance {{"by": "10m"}} lets it pass'
    else:
        speed = "as it is" if clock == "real" else f"{settings.speed:g} times as fast"
        yield f"  time passes {speed}, from {profile.when(run.now):%d %b %Y %H:%M:%S} UTC"
    for variable, value in environment(server.url, "", os.environ, server.doors).items():
        yield f"  export {variable}='{value}'"
    if server.grpc:
        yield f"  gRPC, without TLS: xai_sdk.Client(api_host='{server.grpc}', {_INSECURE})"
    if settings.tls:
        path = certificate(server)
        yield f"  export HTTPS_PROXY='{server.url}'  # for clients with hard-coded hosts"
        for variable in TRUST:
            yield f"  export {variable}='{path}'"
    token = "#token=..." if settings.admin_token else ""
    yield f"  watch it, and steer it, in a browser: {server.url}{ADMIN}/{token}"
    if server.doors:
        yield "  a Toxiproxy at the addresses above simulates network faults"
    yield f"  parallel clients: a run of their own by X-Chaos-Run: NAME; all else: {ADMIN}/"


def _workers(server: SharedState) -> str:
    return "one worker" if server.peers is None else f"{server.peers.count} workers"


_INSECURE = "use_insecure_channel=True"
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE")


def certificate(server: SharedState) -> Path:
    """The file with the certificate that clients have to trust."""
    import tempfile  # noqa: PLC0415 - only with TLS

    assert server.authority is not None
    path = Path(tempfile.mkdtemp(prefix="chaos-llm-")) / "ca.pem"
    path.write_bytes(server.authority.pem)
    return path


class _Progress:
    """A line now and then, where something has happened."""

    def __init__(self, server: SharedState, say: Say) -> None:
        self._server, self._say, self._shown = server, say, 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._timer = self._server.loop.call_later(EVERY, self._show_progress)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _show_progress(self) -> None:
        if self._server.requests != self._shown:
            self._shown = self._server.requests
            now = describe(self._server.runs.default.now)
            self._say(f"{now} into the day: {_requests(self._server)}")
        self.begin()


def _requests(server: SharedState) -> str:
    applied = sum(run.journal.applied for run in server.runs)
    return f"{server.requests} requests, {applied} with a fault"
