"""A stream is kept open, and says nothing."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_duration, mistaken
from chaos_llm.faults._breaking import content_places
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Chunk, Reply

_MOST = 10_000  # keep-alives in one reply


@dataclass(frozen=True, repr=False)
class PingOnly(Fault):
    """Keep-alives come and no content, for so many seconds; then the answer does.

    Each byte resets a read timeout, so only a limit on the first token or the whole answer sees it.
    DeepSeek sends ": keep-alive" while a request queues, by its docs; that it takes ten minutes,
    with one every 15 s, is assumed.
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
            raise mistaken(self, "every", f"long enough for no more than {_MOST} keep-alives")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if not reply.streamed or not reply.ping:
            raise Unsupported(f"{self!r}: nothing keeps this reply alive")
        every, seconds = durations.seconds(self.every), durations.seconds(self.seconds)
        pings, rest = divmod(seconds, every)
        place = next(iter(content_places(reply)), len(reply.chunks))
        alive = (Chunk(every, reply.ping),) * int(pings)
        chunks = (*reply.chunks[:place], *alive, *reply.chunks[place:])
        return replace(reply, chunks=chunks).first_piece_later(rest)
