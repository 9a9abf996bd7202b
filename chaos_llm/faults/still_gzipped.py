"""A compressed body comes without the header that says so."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults._whole import refilled
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BLOCK = 0xFFFF  # bytes: the longest stored block of deflate


@dataclass(frozen=True, repr=False)
class StillGzipped(Fault):
    """The body is still gzip, and no content-encoding header says so.

    A gateway that passes a compressed body on without its header does this, and clients take its
    first bytes, 1f 8b 08, for the message (CLIProxyAPI#1763, #1895). A stream cannot be held back
    for it.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if reply.streamed:
            raise Unsupported(f"{self!r}: gateways were seen to do so with whole bodies")
        if not reply.body:
            return reply
        headers = tuple(pair for pair in reply.headers if pair[0].lower() != "content-encoding")
        return refilled(replace(reply, headers=headers), _gzipped(reply.body))


def _gzipped(body: bytes) -> bytes:
    """Pack a body in stored blocks: releases of zlib compress differently, and journals compare."""
    blocks = []
    for at in range(0, len(body), _BLOCK):
        part = body[at : at + _BLOCK]
        last = at + _BLOCK >= len(body)
        blocks.append(struct.pack("<BHH", last, len(part), len(part) ^ _BLOCK) + part)
    return _HEADER + b"".join(blocks) + struct.pack("<II", zlib.crc32(body), len(body))
