"""A reply that comes whole and takes the place of the provider's own."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.protocol.messages import Chunk, Ending, Reply


def whole(
    reply: Reply, status: int, headers: tuple[tuple[str, str], ...], body: bytes | str
) -> Reply:
    """The same reply, as late as it was, with other contents; text brings its content-length."""
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
    )


def refilled(reply: Reply, body: bytes) -> Reply:
    """The same reply with another body, and the length that this one has."""
    headers = tuple(
        (name, str(len(body)) if name.lower() == "content-length" else value)
        for name, value in reply.headers
    )
    late = sum(chunk.delay for chunk in reply.chunks)
    chunks = (Chunk(late, body),) if body else ()
    return replace(reply, headers=headers, chunks=chunks)
