"""Which client is answered in an outage, which is refused, and what its user can do instead.

One table: refusals take their words from it, and the documentation is generated from it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Literal

Treatment = Literal["answered", "refused"]

_DEFAULT_TRANSPORT = (
    "its client is none of httpx, httpx2, aiohttp and urllib3 (requests, botocore), or it has a "
    "transport of its own. Let it use its library's default transport, or point its base URL at a "
    "stub on this machine."
)
_WEBSOCKETS = (
    "this way to a websocket is not simulated: a proxy that the code names, a socket of its own, "
    "or an event loop other than asyncio's. Let `websockets`, `websocket-client` or aiohttp "
    "connect to the provider themselves, or to a stub on this machine."
)
_SELECTING = (
    "its client waits in select() for a socket, and a simulated one has no descriptor "
    "(`websocket.WebSocketApp.run_forever`, `websockets.sync` from 17.3 on). Use "
    "`websocket.create_connection` or asyncio's `websockets`, or a mock server: the fixture "
    "`chaos_server`, or `chaos-llm serve`."
)
_STANDARD_LIBRARY = (
    "the standard library's HTTP client is not simulated. Send the request by httpx, requests, "
    "urllib3 or aiohttp, or point its base URL at a stub on this machine."
)
_CHILD = (
    "a child process does not live on the outage's clock and is not answered. Make the call in a "
    "thread (ThreadPoolExecutor), or give the child the base URL of a mock server: the fixture "
    "`chaos_server`, or `chaos-llm serve`."
)
_NATIVE = (
    "its client is native code, which is not simulated. Let the library use its Python HTTP client "
    "(httpx, requests, aiohttp), or point its base URL at a stub on this machine."
)


@dataclass(frozen=True)
class Client:
    """What an outage does with one kind of client.

    `packages` are the modules by which a call of it is recognised on the stack, `seam` is where it
    is caught, `way_out` what its user can do where it is refused.
    """

    name: str
    treatment: Treatment
    seam: str
    packages: tuple[str, ...] = ()
    way_out: str = ""


HTTP_CLIENTS = (
    Client("httpx, httpx2", "answered", "HTTPTransport and AsyncHTTPTransport"),
    Client("aiohttp", "answered", "the connectors, one level below the pool"),
    Client("urllib3, requests, botocore (boto3)", "answered", "HTTPConnectionPool.urlopen"),
)
STANDARD_HTTP = Client(
    "http.client, urllib.request, also behind a proxy",
    "refused",
    "HTTPConnection.putrequest",
    ("http.client", "urllib.request"),
    _STANDARD_LIBRARY,
)
WEBSOCKETS = Client(
    "websockets, also by the SDKs of OpenAI and Google; websocket-client; aiohttp's ws_connect",
    "answered",
    "loop.create_connection, the look-up of the host and the socket's connect",
)
OTHER_WEBSOCKETS = Client(
    "websockets through a proxy that the code names, on a socket of its own, or on trio",
    "refused",
    "the look-up of the host, and the first bytes that are sent",
    ("websockets", "websocket"),
    _WEBSOCKETS,
)
SELECTING = Client(
    "WebSocketApp.run_forever of websocket-client, websockets.sync from 17.3 on",
    "refused",
    "the descriptor of the simulated socket",
    way_out=_SELECTING,
)
SOCKETS = Client(
    "socket and _socket, asyncio streams, trio, and what is built on them",
    "refused",
    "every call that takes a name or an address, and the first bytes that are sent",
    way_out=_DEFAULT_TRANSPORT,
)
GRPC = Client(
    "grpc, grpc.aio",
    "refused",
    "the call on a channel, also on one from before the outage",
    ("grpc",),
    'gRPC is not simulated. Let the SDK use its REST transport (transport="rest"), call the '
    "provider's HTTP API, or point the channel at a stub on this machine.",
)
CURL = Client(
    "pycurl", "refused", "Curl.perform and CurlMulti.add_handle", ("pycurl",), way_out=_NATIVE
)
NATIVE = Client(
    "other native clients (curl_cffi, Rust's reqwest)",
    "refused",
    "libc's getaddrinfo, gethostbyname, connect and sendto, as their libraries import them",
    way_out=_NATIVE,
)
CHILD = Client(
    "child processes: Python's own by fork, spawn, forkserver or subprocess; curl and others "
    "that heed proxy variables",
    "refused",
    "a guard in a Python child; the command line of network tools; a proxy on this machine",
    way_out=_CHILD,
)

CLIENTS = (
    *HTTP_CLIENTS,
    WEBSOCKETS,
    STANDARD_HTTP,
    OTHER_WEBSOCKETS,
    SELECTING,
    SOCKETS,
    GRPC,
    CURL,
    NATIVE,
    CHILD,
)
_SHOWN_BY_THE_STACK = {package: client for client in CLIENTS for package in client.packages}


def caller() -> Client:
    """The client that makes the present call, as the stack shows it; else, plain sockets."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        parts = str(frame.f_globals.get("__name__", "")).split(".")
        for size in range(1, min(len(parts), 2) + 1):
            found = _SHOWN_BY_THE_STACK.get(".".join(parts[:size]))
            if found is not None:
                return found
        frame = frame.f_back
    return SOCKETS


def refusal(host: str, client: Client) -> str:
    """What is said to a client that was about to reach a provider's host."""
    return f"a request to {host} was about to leave this machine: {client.way_out}"
