"""A route to a server through Toxiproxy, and the toxics that are active on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.network import Down, Toxic
from chaos_llm.toxiproxy.daemon import LOOPBACK, VARIABLE, Toxiproxy, listens

_T = TypeVar("_T")
_TIMEOUT = 10.0  # real seconds for one request to Toxiproxy
_REMOVAL_TIMEOUT = 2.0  # shorter: a sleeping toxic may block its removal for minutes


class ToxiproxyUnreachable(ChaosError):
    """Toxiproxy does not answer in time, or not at all."""


@dataclass(frozen=True)
class ActiveToxic:
    """A toxic in force, and the share of the connections that it hits, from 0 to 1."""

    toxic: Toxic
    share: float = 1.0


class ToxiproxyRoute:
    """An address of Toxiproxy that leads to one server; `apply` sets its toxics.

    Raises UsageError if the address cannot be reached from here.
    """

    def __init__(self, found: Toxiproxy, name: str, upstream: str) -> None:
        self._name, self._upstream, self._count = name, upstream, 0
        self.active: dict[str, ActiveToxic] = {}
        self._proxy = _requested(lambda: _created(name, upstream, f"{LOOPBACK}:0"))
        host, _, port = self._proxy.listen.rpartition(":")
        self.address = f"{LOOPBACK}:{port}"
        if not listens(LOOPBACK, int(port)):
            self.remove()
            raise UsageError(
                f"the Toxiproxy at {found.host}:{found.port} opened {host}:{port}, which cannot be "
                f"reached from here; {VARIABLE} is for one on this machine (of a container: with "
                "the host's network)"
            )

    @property
    def is_down(self) -> bool:
        """Whether connections are refused."""
        return any(isinstance(each.toxic, Down) for each in self.active.values())

    def apply(self, wanted: Mapping[str, ActiveToxic]) -> None:
        """Make these toxics and no others active, in this order; raises ChaosError."""
        was_down = self.is_down
        for name in [name for name, active in self.active.items() if wanted.get(name) != active]:
            self._remove_toxic(name)
        for name, toxic in wanted.items():
            if name not in self.active:
                self._add_toxic(name, toxic)
        if self.is_down != was_down:
            _requested(self._proxy.disable if self.is_down else self._proxy.enable)

    def _add_toxic(self, name: str, active: ActiveToxic) -> None:
        toxic = active.toxic
        if not isinstance(toxic, Down):  # Toxiproxy has no such toxic: `apply` disables the proxy
            _requested(
                lambda: self._proxy.add_toxic(
                    name=name,
                    type=toxic.kind,
                    stream=toxic.stream,
                    toxicity=active.share,
                    attributes=toxic.attributes(),
                )
            )
        self.active[name] = active

    def _remove_toxic(self, name: str) -> None:
        removed = self.active.pop(name)
        if isinstance(removed.toxic, Down):
            return
        try:
            _requested(lambda: self._proxy.destroy_toxic(name), _REMOVAL_TIMEOUT)
        except ToxiproxyUnreachable:
            self._recreate()

    def _recreate(self) -> None:
        """Create the proxy again at the same address, under a new name.

        A reset_peer toxic that has begun to wait cannot be removed: Toxiproxy sleeps until its
        timeout and answers no other request about that proxy.
        """
        self._count += 1
        name, listen = f"{self._name}-{self._count}", self._proxy.listen
        _requested(self._proxy.destroy)
        self._proxy = _requested(lambda: _created(name, self._upstream, listen))
        toxics, self.active = self.active, {}
        for each, toxic in toxics.items():
            self._add_toxic(each, toxic)

    def remove(self) -> None:
        """Close the address, and remove its toxics."""
        self.active.clear()
        _requested(self._proxy.destroy)


def _created(name: str, upstream: str, listen: str) -> Any:
    from toxiproxy import Toxiproxy as Library  # type: ignore[import-untyped] # noqa: PLC0415

    library = Library()
    if (old := library.get_proxy(name)) is not None:  # left by a server that was killed
        old.destroy()
    return library.create(upstream, name, listen)


def _requested(request: Callable[[], _T], timeout: float = _TIMEOUT) -> _T:
    """Send a request to Toxiproxy and return its result; raises ChaosError.

    It runs in a thread, because toxiproxy-python has no timeout.
    """
    done: Future[_T] = Future()

    def send() -> None:
        try:
            done.set_result(request())
        except BaseException as error:  # raised again below, in the caller's thread
            done.set_exception(error)

    threading.Thread(target=send, name="chaos-llm-toxiproxy", daemon=True).start()
    try:
        return done.result(timeout)
    except TimeoutError:
        raise ToxiproxyUnreachable(f"Toxiproxy did not answer within {timeout:g} s") from None
    except OSError as error:  # every exception of requests is one
        raise ToxiproxyUnreachable(f"Toxiproxy cannot be reached: {error}") from error
    except Exception as error:  # toxiproxy-python's own three, and those of a malformed reply
        raise ChaosError(f"Toxiproxy refused: {error!r}") from error
