"""A way to a server through Toxiproxy, and the toxics that are on it."""

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
_PATIENCE = 10.0  # real seconds for one question to Toxiproxy
_PATIENCE_WITH_SLEEPERS = 2.0  # for one that it may sleep through


class ToxiproxyUnreachable(ChaosError):
    """Toxiproxy does not answer in time, or not at all."""


@dataclass(frozen=True)
class ActiveToxic:
    """A toxic that is on, and the share of the connections that it hits."""

    toxic: Toxic
    share: float = 1.0


class ToxiproxyRoute:
    """One address in front of one server; `wear` says what is wrong with it.

    Raises UsageError where the address cannot be reached from here.
    """

    def __init__(self, found: Toxiproxy, name: str, upstream: str) -> None:
        self._name, self._upstream, self._count = name, upstream, 0
        self.worn: dict[str, ActiveToxic] = {}
        self._proxy = _asked(lambda: _created(name, upstream, f"{LOOPBACK}:0"))
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
        return any(isinstance(each.toxic, Down) for each in self.worn.values())

    def wear(self, wanted: Mapping[str, ActiveToxic]) -> None:
        """Have these toxics on and no others, in their order; raises ChaosError."""
        was_down = self.is_down
        for name in [name for name, worn in self.worn.items() if wanted.get(name) != worn]:
            self._take_off(name)
        for name, worn in wanted.items():
            if name not in self.worn:
                self._put_on(name, worn)
        if self.is_down != was_down:
            _asked(self._proxy.disable if self.is_down else self._proxy.enable)

    def _put_on(self, name: str, worn: ActiveToxic) -> None:
        toxic = worn.toxic
        if not isinstance(toxic, Down):
            _asked(
                lambda: self._proxy.add_toxic(
                    name=name,
                    type=toxic.kind,
                    stream=toxic.stream,
                    toxicity=worn.share,
                    attributes=toxic.attributes(),
                )
            )
        self.worn[name] = worn

    def _take_off(self, name: str) -> None:
        worn = self.worn.pop(name)
        if isinstance(worn.toxic, Down):
            return
        try:
            _asked(lambda: self._proxy.destroy_toxic(name), _PATIENCE_WITH_SLEEPERS)
        except ToxiproxyUnreachable:
            self._renew()

    def _renew(self) -> None:
        """Open the same address anew: a reset_peer that has begun to wait cannot be taken off.

        Toxiproxy sleeps through it, and takes no other question about that proxy meanwhile.
        """
        self._count += 1
        name, listen = f"{self._name}-{self._count}", self._proxy.listen
        _asked(self._proxy.destroy)
        self._proxy = _asked(lambda: _created(name, self._upstream, listen))
        worn, self.worn = self.worn, {}
        for each, toxic in worn.items():
            self._put_on(each, toxic)

    def remove(self) -> None:
        """Take the address away, with all that is on it."""
        self.worn.clear()
        _asked(self._proxy.destroy)


def _created(name: str, upstream: str, listen: str) -> Any:
    from toxiproxy import Toxiproxy as Library  # type: ignore[import-untyped] # noqa: PLC0415

    library = Library()
    if (left := library.get_proxy(name)) is not None:  # by a server that was killed
        left.destroy()
    return library.create(upstream, name, listen)


def _asked(question: Callable[[], _T], patience: float = _PATIENCE) -> _T:
    """Ask Toxiproxy something; in a thread, for its library waits for ever. Raises ChaosError."""
    done: Future[_T] = Future()

    def ask() -> None:
        try:
            done.set_result(question())
        except BaseException as error:  # the asker's
            done.set_exception(error)

    threading.Thread(target=ask, name="chaos-llm-toxiproxy", daemon=True).start()
    try:
        return done.result(patience)
    except TimeoutError:
        raise ToxiproxyUnreachable(f"Toxiproxy did not answer within {patience:g} s") from None
    except OSError as error:  # all of requests' errors are
        raise ToxiproxyUnreachable(f"Toxiproxy cannot be asked: {error}") from error
    except Exception as error:  # the library's three, and an answer that it cannot read
        raise ChaosError(f"Toxiproxy refused: {error!r}") from error
