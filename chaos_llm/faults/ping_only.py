"""A stream sends keep-alives and no content."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_duration, mistaken
from chaos_llm.faults._breaking import content_positions
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Chunk, Reply

_MOST = 10_000  # keep-alives in one reply; each is a chunk in memory


@dataclass(frozen=True, repr=False)
class PingOnly(Fault):
    """For `seconds` a stream sends keep-alives and no content; then the answer comes.

    Each byte resets a read timeout, so only a limit on the first token or the whole answer helps.
    By its docs DeepSeek sends ": keep-alive" while a request queues. Ten minutes in all and 15 s
    between keep-alives are assumed.
    """

    seconds: durations.Duration = 600
    _: KW_ONLY
    every: durations.Duration = 15

    def __post_init__(self) -> None:
        check_duration(self, "seconds")
        check_duration(self, "every")
        if (
            durations.seconds(self.every) * _MOST < durations.seconds(self.seconds)
            or not self.every
        ):
            raise mistaken(self, "every", f"so long that there are at most {_MOST} keep-alives")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if not reply.streamed or not reply.ping:
            raise Unsupported(f"{self!r}: this reply has no keep-alives")
        every, seconds = durations.seconds(self.every), durations.seconds(self.seconds)
        pings, rest = divmod(seconds, every)
        position = next(iter(content_positions(reply)), len(reply.chunks))
        keep_alives = (Chunk(every, reply.ping),) * int(pings)
        chunks = (*reply.chunks[:position], *keep_alives, *reply.chunks[position:])
        return replace(reply, chunks=chunks).first_piece_later(rest)
