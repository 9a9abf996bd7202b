"""The guard in a Python process that an outage started.

Such a process may never touch the network, so until its first socket or look-up nothing but this
file is loaded. An audit hook notices that moment; here it may stay as long as the process.
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
    """Refuse requests to the providers for the life of this process; `settings` is JSON."""
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
    from chaos_llm.interception.children.mailbox import Mailbox  # noqa: PLC0415
    from chaos_llm.interception.egress_guard import EgressGuard  # noqa: PLC0415

    told = json.loads(settings)
    guard = EgressGuard(told["patterns"], Mailbox(told["mailbox"]).post)
    socket_seams.install(guard, undo)
    native_seams.install(guard, undo)
    return guard


class GuardedJob:
    """A job for a process pool from before the outage: its process is guarded while it runs."""

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


class Stowaway:
    """Installs the guard where it is unpickled: in the data that a child prepares itself by."""

    def __init__(self, settings: str) -> None:
        self._settings = settings

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return install, (self._settings,)
