"""The heads of requests that were parsed before, by their bytes.

A client sends one head again and again; only the bodies differ. What a head says depends on its
bytes alone, so a known one is never stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chaos_llm.protocol.messages import WireRequest
from chaos_llm.providers.provider import Provider
from chaos_llm.server.http.addresses import Place
from chaos_llm.server.http.own_replies import ADMIN
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.runs.runs import DEFAULT

_MOST = 1024
_LONGEST = 4096  # bytes of a head that is kept
_END = b"\r\n\r\n"
# A request with one of these is more than a head and a body of a known length.
_UNUSUAL = frozenset(("transfer-encoding", "expect", "upgrade", "http2-settings"))


@dataclass(frozen=True, slots=True)
class KnownHead:
    """What the bytes of a head say: its request without the body, and the size of both together.

    A POST goes to `provider`, as `wire` with its body, if the body needs no decoding; `provider` is
    None for any other request. `run` and `call` are the names of its run and call.
    """

    data: bytes
    size: int
    request: ReceivedRequest
    provider: Provider | None
    wire: WireRequest
    run: str
    call: str

    def begins(self, data: bytes) -> bool:
        """Whether these bytes are this head and its body, no more and no less."""
        return len(data) == self.size and data.startswith(self.data)

    def body(self, data: bytes) -> bytes:
        """The body in bytes that begin with this head."""
        return data[len(self.data) :]

    def with_body(self, body: bytes) -> ReceivedRequest:
        """The whole request."""
        return self.request._replace(body=body)


class KnownHeads:
    """Heads that came whole, with their bodies; the oldest one makes room where there is none.

    `find_place` says where a method, host and path go.
    """

    def __init__(self, find_place: Callable[[str, str, str], Place | None]) -> None:
        self._find_place = find_place
        self._heads: dict[bytes, KnownHead] = {}

    def find(self, data: bytes) -> KnownHead | None:
        """The head that begins these bytes, if it is known and nothing follows its body."""
        head = self._heads.get(data[: data.find(_END) + len(_END)])
        return head if head is not None and len(data) == head.size else None

    def learn(self, data: bytes, asked: ReceivedRequest) -> None:
        """Keep the head of a request that came in these bytes alone."""
        end = data.find(_END) + len(_END)
        length = asked.headers.get("content-length", "")
        if (
            len(_END) <= end <= _LONGEST
            and length.isdecimal()
            and len(data) == end + int(length)
            and data[end:] == asked.body
            and asked.method != "CONNECT"
            and _UNUSUAL.isdisjoint(asked.headers)
        ):
            if len(self._heads) >= _MOST:
                del self._heads[next(iter(self._heads))]
            self._heads[data[:end]] = self._known(data[:end], asked._replace(body=b""))

    def _known(self, data: bytes, asked: ReceivedRequest) -> KnownHead:
        headers, place = asked.headers, self._place(asked)
        provider, path = (None, asked.path) if place is None else place
        wire = WireRequest(
            asked.method, asked.host, path, asked.query, headers, asked.body, served=True
        )
        size, call = len(data) + int(headers["content-length"]), headers.get("x-chaos-call", "")
        return KnownHead(data, size, asked, provider, wire, asked.run or DEFAULT, call)

    def _place(self, asked: ReceivedRequest) -> Place | None:
        if asked.method != "POST" or asked.version != "1.1" or asked.path.startswith(ADMIN):
            return None
        if "content-encoding" in asked.headers:
            return None
        return self._find_place("POST", asked.host, asked.path)
