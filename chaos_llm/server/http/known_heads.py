"""The heads of requests that were parsed before, by their bytes.

A client sends one head again and again; only the bodies differ. What a head says depends on its
bytes alone, so a known one is never stale.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chaos_llm.server.http.request_parser import ReceivedRequest

_MOST = 1024
_LONGEST = 4096  # bytes of a head that is kept
_END = b"\r\n\r\n"
# A request with one of these is more than a head and a body of a known length.
_UNUSUAL = frozenset(("transfer-encoding", "expect", "upgrade", "http2-settings"))


_BODY = ReceivedRequest._fields.index("body")


class _Head(NamedTuple):
    """What a head says: the fields of a request before its body, and those after it."""

    before: tuple[Any, ...]
    after: tuple[Any, ...]
    length: int  # of the body


class KnownHeads:
    """Heads that came whole, with their bodies; the oldest one makes room where there is none."""

    def __init__(self) -> None:
        self._heads: dict[bytes, _Head] = {}

    def request(self, data: bytes) -> ReceivedRequest | None:
        """The request that these bytes are, no more and no less, if its head is known."""
        end = data.find(_END) + len(_END)
        head = self._heads.get(data[:end])
        if head is None or len(data) != end + head.length:
            return None
        return tuple.__new__(ReceivedRequest, (*head.before, data[end:], *head.after))

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
            self._heads[data[:end]] = _Head(asked[:_BODY], asked[_BODY + 1 :], int(length))
