"""The egress guard in a Python child process.

Many children never use the network, so only this module is loaded until the first socket or
look-up, which an audit hook notices. The hook cannot be removed, but the child is short-lived.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

_FIRST = frozenset(
    {"socket.__new__", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
)

_is_installed = _is_armed = False


def install(settings: str) -> None:
    """Refuse requests to the providers until this process ends; `settings` is JSON."""
    global _is_installed  # noqa: PLW0603 - a process has one guard
    if not _is_installed:
        _is_installed = True
        sys.addaudithook(_watching(settings))


def _watching(settings: str) -> Callable[[str, tuple[Any, ...]], None]:
    def watch(event: str, args: tuple[Any, ...]) -> None:
        global _is_armed  # noqa: PLW0603
        if _is_armed or event not in _FIRST:
            return
        _is_armed = True
        guard = _arm(settings, ExitStack())
        if event != "socket.__new__":
            guard.check_host(*args[:2])

    return watch


def _arm(settings: str, undo: ExitStack) -> Any:
    from chaos_llm.interception import native_seams, socket_seams  # noqa: PLC0415 - see above
    from chaos_llm.interception.children.refusal_log import RefusalLog  # noqa: PLC0415
    from chaos_llm.interception.egress_guard import EgressGuard  # noqa: PLC0415

    loaded = json.loads(settings)
    guard = EgressGuard(loaded["patterns"], RefusalLog(loaded["refusal_log"]).write)
    socket_seams.install(guard, undo)
    native_seams.install(guard, undo)
    return guard


class GuardedJob:
    """A job of a process pool; its worker process has the guard while the job runs.

    The pool may be from before the outage, so that its workers have no guard of their own.
    """

    def __init__(self, settings: str, job: Callable[..., Any]) -> None:
        self._settings, self._job = settings, job

    def __call__(self, *args: Any, **options: Any) -> Any:
        with _guarded_meanwhile(self._settings):
            return self._job(*args, **options)


@contextmanager
def _guarded_meanwhile(settings: str) -> Iterator[None]:
    if _is_installed:
        yield
        return
    with ExitStack() as undo:
        _arm(settings, undo)
        yield


class GuardInstaller:
    """Installs the guard when it is unpickled in a child with multiprocessing's start data."""

    def __init__(self, settings: str) -> None:
        self._settings = settings

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return install, (self._settings,)
