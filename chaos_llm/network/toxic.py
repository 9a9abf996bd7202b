"""The interface of a toxic: one failure of the network."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar, Literal

from chaos_llm import durations
from chaos_llm.code_repr import CodeRepr
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.messages import Reply

Stream = Literal["downstream", "upstream"]


@dataclass(frozen=True, repr=False)
class Toxic(CodeRepr, ABC):
    """One failure of the network, on the way to the app ("downstream") or from it ("upstream").

    `kind` is its name in profiles and in Toxiproxy. `ends` is true for a toxic that lets no data
    through.
    """

    kind: ClassVar[str]
    ends: ClassVar[bool] = False
    _: KW_ONLY
    stream: Stream = "downstream"

    def __post_init__(self) -> None:
        if self.stream not in ("downstream", "upstream"):
            raise UsageError(
                f"{self.kind}: stream is 'downstream' or 'upstream'; got {self.stream!r}"
            )

    @abstractmethod
    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        """Change the bytes of a reply, their timing, or the way the reply ends."""

    @abstractmethod
    def attributes(self) -> dict[str, int]:
        """The toxic's attributes in Toxiproxy's names and units."""

    def _check_seconds(self, *names: str) -> None:
        """Require durations, and store them in seconds."""
        for name in names:
            object.__setattr__(self, name, durations.seconds(getattr(self, name)))

    def _check_over_zero(self, name: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{self.kind}: {name} is a number; got {value!r}")
        if not 0 < value < math.inf:
            raise UsageError(f"{self.kind}: {name} is over 0; got {value!r}")


@dataclass(frozen=True, repr=False)
class NoDataToxic(Toxic):
    """The base class of toxics that let no data through and end the connection after `timeout`."""

    ends: ClassVar[bool] = True
    timeout: durations.Duration = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seconds("timeout")

    def attributes(self) -> dict[str, int]:
        return {"timeout": milliseconds(self.timeout)}


def times(reply: Reply) -> Iterator[float]:
    """The times of the headers and of each chunk, in seconds after the request."""
    at = reply.wait
    yield at
    for chunk in reply.chunks:
        at += chunk.delay
        yield at


def at_times(reply: Reply, moments: Iterable[float]) -> Reply:
    """The same reply with headers and chunks at these times; none comes before the previous one."""
    wait, *others = moments
    previous, chunks = wait, []
    for chunk, moment in zip(reply.chunks, others, strict=True):
        time = max(previous, moment)
        chunks.append(chunk._replace(delay=time - previous))
        previous = time
    return replace(reply, wait=wait, chunks=tuple(chunks))


def milliseconds(duration: durations.Duration) -> int:
    """A duration in milliseconds, the unit of most of Toxiproxy's attributes."""
    return round(durations.seconds(duration) * 1000)
