"""Real websocket clients that hold one conversation with OpenAI's Realtime API.

Each returns how the conversation ended: with which event, or how its library says that it broke.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pytest

ITEM = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Where is order KX-48213?"}],
}
CONVERSATION = [
    {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}},
    {"type": "conversation.item.create", "item": ITEM},
    {"type": "response.create"},
]
KEY = {"authorization": "Bearer sk-test"}
LAST = ("response.done", "error")
OPENAI = "wss://api.openai.com"
PATH = "/v1/realtime?model=gpt-realtime"
SELECTS = (17, 3)  # the release of `websockets` whose blocking client waits in select()


@dataclass(frozen=True)
class Asked:
    """A conversation: where, by which TLS context, how long to wait, and what to do in it."""

    address: str
    tls: ssl.SSLContext | None
    limit: float = 30.0
    opened: Callable[[], object] = lambda: None


def kinds_until_the_last(kinds: list[str], message: Any) -> bool:
    kinds.append(json.loads(message)["type"])
    return kinds[-1] in LAST


async def websockets(asked: Asked) -> str:
    library = pytest.importorskip("websockets")
    url = asked.address + PATH
    async with library.connect(url, additional_headers=KEY, ssl=asked.tls, proxy=None) as ws:
        asked.opened()
        for each in CONVERSATION:
            await ws.send(json.dumps(each))
        kinds: list[str] = []
        while not kinds_until_the_last(kinds, await asyncio.wait_for(ws.recv(), asked.limit)):
            pass
        return kinds[-1]


async def aiohttp(asked: Asked) -> str:
    library = pytest.importorskip("aiohttp")
    url = asked.address + PATH
    async with (
        library.ClientSession() as session,
        session.ws_connect(url, headers=KEY, ssl=asked.tls or True) as ws,
    ):
        asked.opened()
        for each in CONVERSATION:
            await ws.send_json(each)
        while True:
            message = await ws.receive(timeout=asked.limit)
            if message.type is not library.WSMsgType.TEXT:
                return f"{message.type.name} {message.data!r} {ws.close_code} {ws.exception()!r}"
            kind = json.loads(message.data)["type"]
            if kind in LAST:
                return str(kind)


def selects() -> bool:
    """Whether the blocking client of `websockets` waits in select(), which is refused."""
    release = version("websockets").split(".")
    return tuple(map(int, release[:2])) >= SELECTS


def blocking_websockets() -> Any:
    library = pytest.importorskip("websockets.sync.client")
    if selects():
        pytest.skip("this release of websockets waits in select()")
    return library


def websockets_sync(asked: Asked) -> str:
    library = blocking_websockets()
    url = asked.address + PATH
    with library.connect(url, additional_headers=KEY, ssl=asked.tls, proxy=None) as ws:
        asked.opened()
        for each in CONVERSATION:
            ws.send(json.dumps(each))
        kinds: list[str] = []
        while not kinds_until_the_last(kinds, ws.recv(timeout=asked.limit)):
            pass
        return kinds[-1]


def websocket_client(asked: Asked) -> str:
    library = pytest.importorskip("websocket")
    ws = library.create_connection(
        asked.address + PATH,
        timeout=asked.limit,
        header=[f"{name}: {value}" for name, value in KEY.items()],
        sslopt={"context": asked.tls},
        http_no_proxy=["*"],
    )
    try:
        asked.opened()
        for each in CONVERSATION:
            ws.send(json.dumps(each))
        kinds: list[str] = []
        while message := ws.recv():
            if kinds_until_the_last(kinds, message):
                return kinds[-1]
        return f"empty, {ws.connected}"
    finally:
        ws.close()


async def openai_realtime(asked: Asked) -> str:
    library = pytest.importorskip("openai")
    pytest.importorskip("websockets")
    options = {"ssl": asked.tls, "proxy": None}
    async with (
        library.AsyncOpenAI(api_key="sk-test", websocket_base_url=f"{asked.address}/v1") as client,
        client.realtime.connect(
            model="gpt-realtime", websocket_connection_options=options
        ) as session,
    ):
        asked.opened()
        await session.session.update(session=CONVERSATION[0]["session"])
        await session.conversation.item.create(item=ITEM)
        await session.response.create()
        async with asyncio.timeout(asked.limit):
            async for event in session:
                if event.type in LAST:
                    return event.type
    return "the iteration ended"


def openai_realtime_sync(asked: Asked) -> str:
    library = pytest.importorskip("openai")
    blocking_websockets()
    options = {"ssl": asked.tls, "proxy": None}
    with (
        library.OpenAI(api_key="sk-test", websocket_base_url=f"{asked.address}/v1") as client,
        client.realtime.connect(
            model="gpt-realtime", websocket_connection_options=options
        ) as session,
    ):
        asked.opened()
        session.session.update(session=CONVERSATION[0]["session"])
        session.conversation.item.create(item=ITEM)
        session.response.create()
        for event in session:
            if event.type in LAST:
                return event.type
    return "the iteration ended"


ASYNC = (websockets, aiohttp, openai_realtime)
SYNC = (websockets_sync, websocket_client, openai_realtime_sync)
CLIENTS = {client.__name__: client for client in (*ASYNC, *SYNC)}
WITHOUT_A_LIMIT = {"openai_realtime_sync"}  # its iteration takes none


def ended(client: str, asked: Asked) -> str:
    """How a conversation ends, without what differs between two hosts."""
    talk: Any = CLIENTS[client]
    try:
        said = asyncio.run(talk(asked)) if talk in ASYNC else talk(asked)
    except Exception as error:
        cause = error.__cause__
        said = f"{type(error).__name__}: {error} <- {cause!r}"
    host = asked.address.partition("://")[2]
    return str(said).replace(host, "HOST")
