"""The provider is slower than a healthy one."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import UsageError
from chaos_llm.faults._arguments import as_seconds, mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

_LIMITS = 2  # shortest and longest


@dataclass(frozen=True, repr=False)
class Latency(Fault):
    """The provider is slower: `seconds` before the headers, and all pauses multiplied by `times`.

    `seconds` may be a pair (shortest, longest): each request draws a value between them. `times`
    applies to the healthy pauses of the reply, also to those between the pieces of a stream.
    """

    seconds: durations.Duration | tuple[durations.Duration, durations.Duration] = 0
    _: KW_ONLY
    times: float = 1

    def __post_init__(self) -> None:
        if isinstance(self.times, bool) or not isinstance(self.times, int | float):
            raise mistaken(self, "times", "a number")
        if not 0 <= self.times < float("inf"):
            raise mistaken(self, "times", "0 or more, and finite")
        if isinstance(self.seconds, list | tuple):
            object.__setattr__(self, "seconds", self._limits(self.seconds))
        else:
            object.__setattr__(self, "seconds", as_seconds(self, "seconds", self.seconds))
        if self.seconds == 0 and self.times == 1:
            raise UsageError("latency() changes nothing: give seconds= or times=")

    def _limits(self, pair: list[durations.Duration] | tuple[durations.Duration, ...]) -> object:
        limits = tuple(as_seconds(self, "seconds", limit) for limit in pair)
        if len(limits) != _LIMITS or limits[0] > limits[1]:
            raise mistaken(self, "seconds", "a duration, or a pair of them: shortest, longest")
        return limits

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.times != 1:
            chunks = tuple(c._replace(delay=c.delay * self.times) for c in reply.chunks)
            reply = replace(reply, wait=reply.wait * self.times, chunks=chunks)
        if isinstance(self.seconds, tuple):
            # From a copy: a reply that is rendered a second time must get the same latency.
            shortest, longest = map(durations.seconds, self.seconds)
            return reply.later(copy(fault_context.rng).between(shortest, longest))
        return reply.later(durations.seconds(self.seconds))
