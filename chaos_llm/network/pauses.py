"""Toxics that let everything through, later."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, at_times, milliseconds, times
from chaos_llm.protocol.messages import Chunk, Reply

_KB = 1000  # as Toxiproxy counts


@dataclass(frozen=True, repr=False)
class LatencyToxic(Toxic):
    """Every byte comes `latency` later, give or take `jitter`."""

    kind = "latency"
    latency: durations.Duration
    jitter: durations.Duration = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seconds("latency", "jitter")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        latency, jitter = durations.seconds(self.latency), durations.seconds(self.jitter)
        if not jitter:
            return reply.later(latency)
        rng = copy(
            fault_context.rng
        )  # of its own, so that a reply which is rendered anew comes as late
        if self.stream == "upstream":
            return reply.later(max(0.0, rng.between(latency - jitter, latency + jitter)))
        return at_times(
            reply,
            [at + max(0.0, rng.between(latency - jitter, latency + jitter)) for at in times(reply)],
        )

    def attributes(self) -> dict[str, int]:
        return {"latency": milliseconds(self.latency), "jitter": milliseconds(self.jitter)}


@dataclass(frozen=True, repr=False)
class Bandwidth(Toxic):
    """No more than `rate` kilobytes a second get through."""

    kind = "bandwidth"
    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_over_zero("rate")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        a_second = self.rate * _KB
        if self.stream == "upstream":
            return reply.later(fault_context.request.size / a_second)
        # In pieces of a second each: what trickles keeps a client's time-out between bytes content.
        size, chunks, sent = max(1, int(a_second)), list[Chunk](), reply.wait
        _, *moments = times(reply)
        for chunk, at in zip(reply.chunks, moments, strict=True):
            for start in range(0, max(1, len(chunk.data)), size):
                piece = chunk.data[start : start + size]
                done = max(sent, at) + len(piece) / a_second
                chunks.append(Chunk(done - sent, piece, chunk.content and not start))
                sent = done
        return replace(reply, chunks=tuple(chunks))

    def attributes(self) -> dict[str, int]:
        return {"rate": max(1, round(self.rate))}


@dataclass(frozen=True, repr=False)
class Slicer(Toxic):
    """Bytes come in slices of `average_size`, give or take `size_variation`, `delay` apart."""

    kind = "slicer"
    average_size: int
    size_variation: int = 0
    delay: durations.Duration = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_over_zero("average_size")
        self._check_seconds("delay")
        if not 0 <= self.size_variation < self.average_size:
            raise UsageError(
                f"slicer: size_variation is less than the average_size of {self.average_size}; "
                f"got {self.size_variation!r}"
            )

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        pause = durations.seconds(self.delay)
        if self.stream == "upstream":
            slices = -(-fault_context.request.size // self.average_size)
            return reply.later(pause * max(0, slices - 1))
        rng, chunks = copy(fault_context.rng), list[Chunk]()
        for chunk in reply.chunks:
            rest, first = chunk.data, True
            while rest or first:
                spread = int(rng.between(-self.size_variation, self.size_variation + 1))
                size = max(1, self.average_size + spread)
                delay = chunk.delay if first else pause
                chunks.append(Chunk(delay, rest[:size], chunk.content and first))
                rest, first = rest[size:], False
        return replace(reply, chunks=tuple(chunks))

    def attributes(self) -> dict[str, int]:
        return {
            "average_size": self.average_size,
            "size_variation": self.size_variation,
            "delay": milliseconds(self.delay) * 1000,  # microseconds
        }
