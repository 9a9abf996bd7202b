"""The SDKs that speak gRPC, each as one function that says what its user got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

PROMPT = "What is the weather in Rome?"
LIMIT = 60  # seconds: xai-sdk's own limit is 27 minutes


@dataclass
class Got:
    """What came, piece by piece, and the error that ended it."""

    pieces: list[str] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def rpc(self) -> Any:
        """The error of grpc behind google.api_core's."""
        return (
            getattr(self.error, "response", None) or getattr(self.error, "errors", [self.error])[0]
        )

    @property
    def code(self) -> Any:
        return self.rpc.code()

    @property
    def details(self) -> str:
        return self.rpc.details()

    @property
    def wait(self) -> float | None:
        """The seconds that a refusal asks to wait."""
        trailers = dict(self.rpc.trailing_metadata() or ())
        if "retry-after" in trailers:
            return float(trailers["retry-after"])
        details = [each for each in self.error.details if hasattr(each, "retry_delay")]
        return details[0].retry_delay.seconds if details else None


@dataclass
class Client:
    name: str
    provider: str
    model: str
    streams: bool
    talk: Callable[[Any, Got], None]
    make: Callable[[], Any]
    close: Callable[[Any], None]

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def made(self) -> Iterator[Any]:
        client = self.make()
        yield client
        self.close(client)

    def call(self, client: Any = None) -> Got:
        got = Got()
        made = client or self.make()
        try:
            self.talk(made, got)
        except Exception as error:
            got.error = error
        finally:
            if client is None:
                self.close(made)
        return got


def _xai() -> Any:
    from xai_sdk import Client

    return Client(api_key="xai-key", timeout=LIMIT)


def _xai_chat(client: Any) -> Any:
    from xai_sdk.chat import user

    return client.chat.create(model="grok-3", messages=[user(PROMPT)])


def _sample(client: Any, got: Got) -> None:
    got.pieces.append(_xai_chat(client).sample().content)


def _stream(client: Any, got: Got) -> None:
    for _, chunk in _xai_chat(client).stream():
        got.pieces.append(chunk.content)


class _Loop:
    """An asyncio client and the loop that it lives on."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.runner = asyncio.Runner()
        self.runner.get_loop()
        self.client = self.runner.run(self._made(make))

    async def _made(self, make: Callable[[], Any]) -> Any:
        return make()

    def close(self) -> None:
        with suppress(RuntimeError):
            closing = getattr(self.client, "close", None)
            if closing is not None:
                self.runner.run(closing())
        self.runner.close()


def _async_xai() -> Any:
    def make() -> Any:
        from xai_sdk import AsyncClient

        return AsyncClient(api_key="xai-key", timeout=LIMIT)

    return _Loop(make)


def _async_sample(loop: _Loop, got: Got) -> None:
    async def talk() -> None:
        got.pieces.append((await _xai_chat(loop.client).sample()).content)

    loop.runner.run(talk())


def _async_stream(loop: _Loop, got: Got) -> None:
    async def talk() -> None:
        async for _, chunk in _xai_chat(loop.client).stream():
            got.pieces.append(chunk.content)

    loop.runner.run(talk())


def Token() -> Any:  # noqa: N802 - Google's credentials are classes
    import google.auth.credentials

    class Credentials(google.auth.credentials.Credentials):
        def refresh(self, request: Any) -> None:
            self.token = "ya29.placeholder"

    return Credentials()


def vertex_model() -> Any:
    import vertexai
    from vertexai.generative_models import GenerativeModel

    vertexai.init(project="p", location="us-central1", credentials=Token())
    return GenerativeModel("gemini-2.5-flash")


def _warm_vertex() -> Any:
    model = vertex_model()
    assert model._prediction_client  # the channel is made when it is first asked for
    return model


def _generate(model: Any, got: Got) -> None:
    got.pieces.append(model.generate_content(PROMPT).text)


def _generate_stream(model: Any, got: Got) -> None:
    for piece in model.generate_content(PROMPT, stream=True):
        got.pieces.append(piece.text)


def _async_vertex() -> Any:
    return _Loop(vertex_model)


def _generate_async(loop: _Loop, got: Got) -> None:
    async def talk() -> None:
        got.pieces.append((await loop.client.generate_content_async(PROMPT)).text)

    loop.runner.run(talk())


def _generate_async_stream(loop: _Loop, got: Got) -> None:
    async def talk() -> None:
        async for piece in await loop.client.generate_content_async(PROMPT, stream=True):
            got.pieces.append(piece.text)

    loop.runner.run(talk())


def _nothing(_: Any) -> None:
    pass


XAI_CLIENTS = [
    Client("xai", "xai", "grok-3", False, _sample, _xai, lambda c: c.close()),
    Client("xai-stream", "xai", "grok-3", True, _stream, _xai, lambda c: c.close()),
    Client("xai-async", "xai", "grok-3", False, _async_sample, _async_xai, _Loop.close),
    Client("xai-async-stream", "xai", "grok-3", True, _async_stream, _async_xai, _Loop.close),
]
_GEMINI = "gemini-2.5-flash"
VERTEX_CLIENTS = [
    Client("vertex", "vertex", _GEMINI, False, _generate, _warm_vertex, _nothing),
    Client("vertex-stream", "vertex", _GEMINI, True, _generate_stream, _warm_vertex, _nothing),
    Client("vertex-async", "vertex", _GEMINI, False, _generate_async, _async_vertex, _Loop.close),
    Client(
        "vertex-async-stream",
        "vertex",
        _GEMINI,
        True,
        _generate_async_stream,
        _async_vertex,
        _Loop.close,
    ),
]
CLIENTS = [*XAI_CLIENTS, *VERTEX_CLIENTS]
STREAMS = [client for client in CLIENTS if client.streams]
XAI_STREAMS = [client for client in XAI_CLIENTS if client.streams]
