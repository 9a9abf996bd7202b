"""Data comes in small slices."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, milliseconds
from chaos_llm.protocol.messages import Chunk, Reply


@dataclass(frozen=True, repr=False)
class Slicer(Toxic):
    """Data comes in slices, `delay` apart.

    A slice has `average_size` bytes, plus or minus up to `size_variation`.
    """

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
        # From a copy: a reply that is rendered a second time must be sliced in the same way.
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
