"""An event of a stream is not valid JSON."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._one_chunk import OneChunk
from chaos_llm.protocol.messages import Chunk

_LINE_END = b"\r\n"
_KEPT = 0.75  # of the event; the cut is then after its name and inside its data


@dataclass(frozen=True, repr=False)
class MalformedChunk(OneChunk):
    """One event of the answer, after a share of it, lacks the end of its data.

    The stream goes on. As in anthropics/anthropic-sdk-typescript#292: "Unexpected end of JSON
    input" in the middle of a stream.
    """

    def _replacement(self, chunk: Chunk) -> tuple[Chunk, ...]:
        lines = chunk.data.rstrip(_LINE_END)
        cut = lines[: int(len(lines) * _KEPT)] + chunk.data[len(lines) :]
        return (chunk._replace(data=cut),)
