"""Replies that replace the provider's own, and are not streamed."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Chunk, Ending, Reply


def whole(
    reply: Reply, status: int, headers: tuple[tuple[str, str], ...], body: bytes | str
) -> Reply:
    """Replace status, headers and body of a reply, and keep its latency.

    A body of text gets a content-length header; with bytes the headers stay as they are.
    """
    if isinstance(body, str):
        body = body.encode()
        headers = (*headers, ("content-length", str(len(body))))
    return replace(
        reply,
        status=status,
        headers=headers,
        chunks=(Chunk(0.0, body),) if body else (),
        ending=Ending.COMPLETE,
        streamed=False,
        pieces=0,
        websocket=False,
    )


def refilled(reply: Reply, body: bytes) -> Reply:
    """The same reply with another body, and the content-length of that body."""
    if reply.websocket:
        raise Unsupported("a session on a websocket has no body")
    headers = tuple(
        (name, str(len(body)) if name.lower() == "content-length" else value)
        for name, value in reply.headers
    )
    late = sum(chunk.delay for chunk in reply.chunks)
    chunks = (Chunk(late, body),) if body else ()
    return replace(reply, headers=headers, chunks=chunks)
