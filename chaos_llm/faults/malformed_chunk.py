"""An event of a stream cannot be read."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import at_share, content_places, require_stream
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.model import Reply

_LINE_END = b"\r\n"
_KEPT = 0.75  # behind any event's name, and in the middle of its data


@dataclass(frozen=True, repr=False)
class MalformedChunk(Fault):
    """One event of the answer, after a share of it, lacks the end of its data.

    The stream goes on. As in anthropics/anthropic-sdk-typescript#292: "Unexpected end of JSON
    input" in the middle of a stream.
    """

    _: KW_ONLY
    after: float = 0.5

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, strike: Strike) -> Reply:
        require_stream(self, reply)
        places = content_places(reply)
        if not places:
            return reply
        place = at_share(places, self.after)
        chunk = reply.chunks[place]
        said = chunk.data.rstrip(_LINE_END)
        cut = said[: int(len(said) * _KEPT)] + chunk.data[len(said) :]
        broken = chunk._replace(data=cut)
        return replace(reply, chunks=(*reply.chunks[:place], broken, *reply.chunks[place + 1 :]))
