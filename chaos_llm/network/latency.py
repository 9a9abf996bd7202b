"""All data comes later."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, at_times, milliseconds, times
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class LatencyToxic(Toxic):
    """All data comes `latency` later, plus or minus up to `jitter`."""

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
        # From a copy: a reply that is rendered a second time must get the same latency.
        rng = copy(fault_context.rng)
        if self.stream == "upstream":
            return reply.later(max(0.0, rng.between(latency - jitter, latency + jitter)))
        return at_times(
            reply,
            [at + max(0.0, rng.between(latency - jitter, latency + jitter)) for at in times(reply)],
        )

    def attributes(self) -> dict[str, int]:
        return {"latency": milliseconds(self.latency), "jitter": milliseconds(self.jitter)}
