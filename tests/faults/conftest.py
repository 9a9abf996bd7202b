"""An answer and replies to which tests apply faults."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol import websocket
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Chunk, Completion, Reply, Request, ToolCall, Usage


@pytest.fixture
def fault_context() -> FaultContext:
    request = Request("anthropic", "messages", "api", "api.anthropic.com", "/v1/messages")
    return FaultContext(request, KeyedRandom("a test's strike"))


@pytest.fixture
def answer() -> Completion:
    text = "Your order KX-48213: It left on Monday. It comes by road. Reference R7-20931-K."
    return Completion(text=text, usage=Usage(9, 20))


@pytest.fixture
def calling() -> Completion:
    call = ToolCall("pay", '{"to": "bob", "amount": 1000}')
    return Completion(tool_calls=(call,), stop="tool", usage=Usage(9, 8))


@pytest.fixture
def whole() -> Reply:
    headers = (("content-type", "application/json"), ("content-length", "16"))
    return Reply(200, headers, (Chunk(0.0, b'{"text":"Hello"}', True),), wait=0.5, pieces=4)


@pytest.fixture
def stream() -> Reply:
    """Four pieces of content between an opening and a closing event."""
    pieces = tuple(Chunk(0.1, f"data: {n}\n\n".encode(), True) for n in range(4))
    chunks = (Chunk(0.0, b"data: open\n\n"), *pieces, Chunk(0.0, b"data: close\n\n"))
    headers = (("content-type", "text/event-stream"),)
    return Reply(200, headers, chunks, wait=0.2, streamed=True, pieces=4)


@pytest.fixture
def refused() -> Reply:
    """What is left of a streaming request that was refused: a whole reply."""
    return Reply(429, (), (Chunk(0.0, b'{"error":{}}'),), pieces=0)


@pytest.fixture
def upgraded() -> Reply:
    """A session on a websocket that has just begun, and is closed after an hour."""
    chunks = (Chunk(0.0, b"{}\n"), Chunk(3600.0, websocket.close_frame(1001, "too old")))
    return Reply(101, (), chunks, pieces=0, websocket=True)


@pytest.fixture
def turn(stream) -> Reply:
    """An answer on a websocket."""
    return replace(stream, status=101, headers=(), ping=websocket.PING, websocket=True)
