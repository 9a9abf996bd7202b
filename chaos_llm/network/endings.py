"""Toxics that end a connection before its time, or keep its end back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, milliseconds
from chaos_llm.protocol.messages import Chunk, Ending, Reply

_STATUS_LINE = 17  # bytes: "HTTP/1.1 200 OK" and its end


@dataclass(frozen=True, repr=False)
class _GivesUp(Toxic):
    """Nothing gets through, and after `timeout` that is over."""

    timeout: durations.Duration = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seconds("timeout")

    def attributes(self) -> dict[str, int]:
        return {"timeout": milliseconds(self.timeout)}


@dataclass(frozen=True, repr=False)
class Timeout(_GivesUp):
    """Nothing gets through, and the connection closes after `timeout`; at 0 it never does."""

    kind = "timeout"
    ends = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - a toxic's face
        wait = durations.seconds(self.timeout)
        ending = Ending.CLOSED if wait else Ending.SILENT
        return replace(reply, wait=wait, chunks=(), ending=ending)


@dataclass(frozen=True, repr=False)
class ResetPeer(_GivesUp):
    """Nothing gets through, and the connection is reset after `timeout`."""

    kind = "reset_peer"
    ends = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - a toxic's face
        wait = durations.seconds(self.timeout)
        return replace(reply, wait=wait, chunks=(), ending=Ending.RESET)


@dataclass(frozen=True, repr=False)
class Down(Toxic):
    """Nobody listens: connections are refused. At Toxiproxy it is no toxic but a disabled proxy."""

    kind = "down"
    ends = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - a toxic's face
        return replace(reply, wait=0.0, chunks=(), ending=Ending.REFUSED)

    def attributes(self) -> dict[str, int]:
        return {}


@dataclass(frozen=True, repr=False)
class LimitData(Toxic):
    """The connection closes after so many bytes, those of the headers included."""

    kind = "limit_data"
    bytes: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_over_zero("bytes")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.stream == "upstream":
            whole = fault_context.request.size <= self.bytes
            return reply if whole else replace(reply, chunks=(), ending=Ending.CLOSED)
        left, chunks = self.bytes - _head_size(reply), list[Chunk]()
        if left < 0:
            return replace(reply, chunks=(), ending=Ending.CLOSED)
        for chunk in reply.chunks:
            if len(chunk.data) > left:
                chunks.append(chunk._replace(data=chunk.data[:left]))
                return replace(reply, chunks=tuple(chunks), ending=Ending.CLOSED)
            chunks.append(chunk)
            left -= len(chunk.data)
        return reply

    def attributes(self) -> dict[str, int]:
        return {"bytes": self.bytes}


@dataclass(frozen=True, repr=False)
class SlowClose(Toxic):
    """The connection stays open for `delay` after its end; no HTTP client waits for that."""

    kind = "slow_close"
    delay: durations.Duration

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seconds("delay")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - a toxic's face
        return reply

    def attributes(self) -> dict[str, int]:
        return {"delay": milliseconds(self.delay)}


def _head_size(reply: Reply) -> int:
    """About how many bytes the status line and the headers take."""
    return _STATUS_LINE + sum(len(name) + len(value) + 4 for name, value in reply.headers) + 2
