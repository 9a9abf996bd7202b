"""A piece of a stream is sent twice."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._one_chunk import OneChunk
from chaos_llm.protocol.messages import Chunk


@dataclass(frozen=True, repr=False)
class DoubledChunk(OneChunk):
    """One piece of the answer, after a share of them, is sent twice in a row."""

    silent = True

    def _replacement(self, chunk: Chunk) -> tuple[Chunk, ...]:
        return chunk, chunk._replace(delay=0.0)
