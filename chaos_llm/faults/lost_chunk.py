"""A piece of a stream is lost."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._one_chunk import OneChunk
from chaos_llm.protocol.messages import Chunk


@dataclass(frozen=True, repr=False)
class LostChunk(OneChunk):
    """One piece of the answer, after a share of them, is missing; the stream goes on."""

    silent = True

    def _replacement(self, chunk: Chunk) -> tuple[Chunk, ...]:
        return ()
