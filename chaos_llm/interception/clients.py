"""The table of HTTP clients: which ones an outage answers, which ones it refuses, and alternatives.

Error messages and the documentation take their texts from it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Literal

Treatment = Literal["answered", "refused"]
# Releases of grpcio whose private parts the simulation of gRPC was tested with; it replaces them.
TESTED_GRPCIO = ((1, 82), (1, 85))
GRPCIO = "grpcio " + " to ".join(".".join(map(str, release)) for release in TESTED_GRPCIO)

_DEFAULT_TRANSPORT = (
    "its client is not based on httpx, httpx2, aiohttp or urllib3 (requests, botocore), or it uses "
    "a custom transport. Use the library's default transport, or set the base URL to a stub on "
    "this machine."
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
    "the standard library's HTTP client is not simulated. Send the request with httpx, requests, "
    "urllib3 or aiohttp, or set the base URL to a stub on this machine."
)
_CHILD = (
    "requests of child processes are not simulated, because these do not follow virtual time. Send "
    "the request in a thread (ThreadPoolExecutor), or set the child's base URL to a mock server: "
    "the fixture `chaos_server`, or `chaos-llm serve`."
)
_NATIVE = (
    "its client is native code, which is not simulated. Use a Python HTTP client (httpx, requests, "
    "aiohttp), or set the base URL to a stub on this machine."
)


@dataclass(frozen=True)
class Client:
    """How an outage treats requests of one kind of client to a provider.

    `packages` are the modules by which its calls are recognised on the stack, `seam` names the
    intercepted function or layer, and `way_out` is the advice to the user of a refused client.
    """

    name: str
    treatment: Treatment
    seam: str
    packages: tuple[str, ...] = ()
    way_out: str = ""


HTTP_CLIENTS = (
    Client("httpx, httpx2", "answered", "HTTPTransport and AsyncHTTPTransport"),
    Client("aiohttp", "answered", "its connectors, where they open a connection"),
    Client("urllib3, requests, botocore (boto3)", "answered", "HTTPConnectionPool.urlopen"),
)
STANDARD_HTTP = Client(
    "http.client and urllib.request, with or without a proxy",
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
    "the name look-up of the host, and the first bytes of a connection",
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
    "socket and _socket, asyncio streams, trio, and clients based on them",
    "refused",
    "all socket functions with a host name or an address, and the first bytes of a connection",
    way_out=_DEFAULT_TRANSPORT,
)
GRPC_ANSWERED = Client(
    f"grpc, grpc.aio ({GRPCIO})",
    "answered",
    "the core's channels (cygrpc.Channel, cygrpc.AioChannel), below all of grpc's Python",
)
GRPC_STREAMS = Client(
    "grpc, grpc.aio: streams of requests (stream_unary, stream_stream)",
    "refused",
    "the call on a channel",
    way_out="streams of requests over gRPC are not simulated. Send one request, or point the "
    "channel at a stub on this machine.",
)
GRPC = Client(
    "other releases of grpcio",
    "refused",
    "a call on a channel, also on a channel from before the outage",
    ("grpc",),
    f"gRPC is simulated with {GRPCIO}, whose internals it was tested with. Install one of these, "
    'let the SDK use its REST transport (transport="rest"), call the provider\'s HTTP API, or '
    "connect the channel to a stub on this machine.",
)
CURL = Client(
    "pycurl", "refused", "Curl.perform and CurlMulti.add_handle", ("pycurl",), way_out=_NATIVE
)
NATIVE = Client(
    "other native clients (curl_cffi, Rust's reqwest)",
    "refused",
    "calls of the C library's getaddrinfo, gethostbyname, connect and sendto",
    way_out=_NATIVE,
)
CHILD = Client(
    "child processes: Python processes started by fork, spawn, forkserver or subprocess; curl and "
    "other programs that read proxy variables",
    "refused",
    "the same checks in Python children; the command lines of network tools; a local proxy",
    way_out=_CHILD,
)

CLIENTS = (
    *HTTP_CLIENTS,
    WEBSOCKETS,
    STANDARD_HTTP,
    OTHER_WEBSOCKETS,
    SELECTING,
    SOCKETS,
    GRPC_ANSWERED,
    GRPC_STREAMS,
    GRPC,
    CURL,
    NATIVE,
    CHILD,
)
_SHOWN_BY_THE_STACK = {package: client for client in CLIENTS for package in client.packages}


def caller() -> Client:
    """The client on the current call stack; SOCKETS where the stack shows no known client."""
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
    """The error message for a client that was about to contact a provider's host."""
    return f"a request to {host} was about to leave this machine: {client.way_out}"
