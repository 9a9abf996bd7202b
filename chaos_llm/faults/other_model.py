"""Another model answers than was asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_text
from chaos_llm.faults._whole import refilled
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

_FIELD = re.compile(rb'("(?:model|modelVersion)"\s*:\s*")([^"]*)(")')


@dataclass(frozen=True, repr=False)
class OtherModel(Fault):
    """The reply names another model than the request, and is complete and well.

    As on 6 February 2026, when gpt-5.2-2025-12-11 answered for gpt-5.3-codex
    (openai/codex#10953). `model` is that model's name; by default it is the requested one with
    "-mini" appended. A dialect whose replies name no model cannot show it.
    """

    keeps_content = True

    model: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "model")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if not fault_context.request.model:
            return reply
        name = (self.model or f"{fault_context.request.model}-mini").encode()
        if not any(_FIELD.search(chunk.data) for chunk in reply.chunks):
            raise Unsupported(f"{self!r}: the reply names no model")

        def renamed(data: bytes) -> bytes:
            return _FIELD.sub(lambda found: found[1] + name + found[3], data)

        if not reply.streamed:
            return refilled(reply, renamed(reply.body))
        chunks = tuple(chunk._replace(data=renamed(chunk.data)) for chunk in reply.chunks)
        return replace(reply, chunks=chunks)
