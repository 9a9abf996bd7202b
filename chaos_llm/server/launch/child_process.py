"""A command during an outage: a server on a free port, and a child process that is sent to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.launch.foreground import TRUST, certificate
from chaos_llm.server.launch.server import Server
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.runs.verdict import timeline, verdict

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_OF_A_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_PROXIES = ("HTTPS_PROXY", "https_proxy")


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code, as in a shell, and the journal of its requests."""

    code: int
    verdict: Mapping[str, Any]
    timeline: str


async def run(
    settings: Settings, command: Sequence[str], width: int = 100, *, base_urls: bool = True
) -> Outcome:
    """Run a command to its end; raises UsageError where it cannot be started."""
    server = Server(settings)
    await server.start()
    try:
        code = await _run(command, os.environ | surroundings(server.shared, base_urls=base_urls))
        served = server.shared.runs.default
        return Outcome(code, verdict(served), timeline(served, width))
    finally:
        await server.stop()


def surroundings(server: SharedState, *, base_urls: bool = True) -> dict[str, str]:
    """The variables that point a child at the server; with TLS the ways around base URLs, too.

    Without `base_urls` neither those nor keys are set, which would take the place of a login.
    """
    variables = {"CHAOS_LLM_URL": server.url}
    if base_urls:
        variables = environment(server.url, "", os.environ, server.doors)
    if server.authority is not None:
        path = str(certificate(server))
        variables |= dict.fromkeys(TRUST, path) | dict.fromkeys(_PROXIES, server.url)
    return variables


async def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    loop = asyncio.get_running_loop()
    try:
        child = await asyncio.create_subprocess_exec(*command, env=environ)
    except OSError as error:
        raise UsageError(f"{command[0]!r} cannot be run: {error.strerror}") from None

    def forward(number: int) -> None:
        if number in _OF_A_TERMINAL and os.isatty(0):
            return  # the terminal has sent the signal to the child as well
        with suppress(ProcessLookupError):
            child.send_signal(number)

    for number in _FORWARDED:
        loop.add_signal_handler(number, forward, number)
    try:
        code = await child.wait()
    finally:
        for number in _FORWARDED:
            loop.remove_signal_handler(number)
    return 128 - code if code < 0 else code
