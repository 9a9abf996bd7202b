"""The interface of a toxic: one thing that is wrong with the wire."""

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
    """One thing that is wrong with the wire, towards the app or, `upstream`, away from it.

    `kind` is its name in profiles and at Toxiproxy. Through one that `ends` nothing comes.
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
        """Change how the bytes come."""

    @abstractmethod
    def attributes(self) -> dict[str, int]:
        """Say what it is to Toxiproxy, in Toxiproxy's names and units."""

    def _check_seconds(self, *names: str) -> None:
        """Hold fields to durations, and keep them as seconds."""
        for name in names:
            object.__setattr__(self, name, durations.seconds(getattr(self, name)))

    def _check_over_zero(self, name: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{self.kind}: {name} is a number; got {value!r}")
        if not 0 < value < math.inf:
            raise UsageError(f"{self.kind}: {name} is over 0; got {value!r}")


def times(reply: Reply) -> Iterator[float]:
    """When the headers come, and then each chunk, in seconds after the request."""
    at = reply.wait
    yield at
    for chunk in reply.chunks:
        at += chunk.delay
        yield at


def at_times(reply: Reply, moments: Iterable[float]) -> Reply:
    """The same reply, its headers and chunks at these times; none overtakes the one before it."""
    wait, *others = moments
    before, chunks = wait, []
    for chunk, moment in zip(reply.chunks, others, strict=True):
        late = max(before, moment)
        chunks.append(chunk._replace(delay=late - before))
        before = late
    return replace(reply, wait=wait, chunks=tuple(chunks))


def milliseconds(duration: durations.Duration) -> int:
    """A duration as Toxiproxy writes most of them."""
    return round(durations.seconds(duration) * 1000)
