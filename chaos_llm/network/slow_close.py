"""The connection stays open after the reply."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, milliseconds
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class SlowClose(Toxic):
    """The connection closes `delay` after the reply; in process this has no effect.

    No HTTP client waits for the close of a connection whose reply is complete.
    """

    kind = "slow_close"
    delay: durations.Duration

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_seconds("delay")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - the interface of a toxic
        return reply

    def attributes(self) -> dict[str, int]:
        return {"delay": milliseconds(self.delay)}
