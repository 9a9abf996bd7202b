"""A request as it comes off the wire: httptools' callbacks, and the bounds of what is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import httptools

from chaos_llm.errors import UsageError
from chaos_llm.protocol.websocket import is_upgrade
from chaos_llm.server.launch.settings import Limits

_RUN = re.compile(r"chaos-run-([A-Za-z0-9_.-]{1,64})")
_RUN_BYTES = b"chaos-run-"
_LONGEST_HOST = 260  # letters: 253 of a name, and a port
_AROUND = len(": \r\n")  # bytes around a header's name and value
_OFFERS = ("upgrade", "connection", "http2-settings")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class RequestTooLarge(Exception):
    """A request is larger than a server takes, or not one at all; the text says what is."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class ReceivedRequest(NamedTuple):
    """One whole request; `run` is the one that the client says it belongs to.

    `host` is the host that the client requests: the target's own host before the header's. `path`
    is without the query, also if the target is in absolute form.
    """

    method: str
    target: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    keep: bool
    version: str
    run: str = ""

    @property
    def is_upgrade(self) -> bool:
        """Whether it asks for a websocket."""
        return is_upgrade(self.method, self.headers)


class Held:
    """The bytes of incomplete request bodies that all connections of a server hold."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0


class RequestParser:
    """Puts requests together from bytes; whole ones are in `whole`, in their order."""

    def __init__(self, limits: Limits, held: Held | None = None) -> None:
        self._limits, self._held, self._size = limits, held or Held(), 0
        self.whole: list[ReceivedRequest] = []
        self._parser = httptools.HttpRequestParser(self)
        self._in_head = True
        self._counts = False  # a head that comes with more than it may have is counted precisely
        self._head = 0
        self.is_begun = False  # with a request that is not whole yet
        self.wants_go_ahead = False
        self._forget()

    def leave(self) -> None:
        """Make room: the client has left, or its request is whole."""
        self._held.total -= self._size
        self._size = 0

    def _forget(self) -> None:
        self._target, self._run, self._headed = b"", "", 0
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """Take bytes; gives back those that follow a CONNECT, or a request for a websocket.

        Raises RequestTooLarge.
        """
        rest = memoryview(data)
        while (offered_at := self._parse(rest)) is not None:
            rest = rest[offered_at:]
            if self.whole[-1].method == "CONNECT" or self.whole[-1].is_upgrade:
                self._begin_anew()
                return bytes(rest)
            self._decline_the_offer()
        if self._in_head and self._head > self._limits.head:
            raise self._too_long()
        return b""

    def _parse(self, data: memoryview | bytes) -> int | None:
        """Parse bytes; says behind which of them the parser stopped for an offer to upgrade."""
        if self._in_head:
            self._headed = self._head  # all that came before is of the head
            self._head += len(data)
        self._counts = self._head > self._limits.head or len(data) > self._limits.head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            stopped_at: int = upgrade.args[0]
            return stopped_at
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, RequestTooLarge):
                raise error.__context__ from None
            raise RequestTooLarge(400, f"this is no HTTP/1.1: {error}") from None
        return None

    def _decline_the_offer(self) -> None:
        """Go on in HTTP/1.1, whatever was offered (Java offers h2c).

        The parser has stopped behind the headers, so it is given them again without the offer.
        """
        self._begin_anew()
        offer = self.whole.pop()
        lines = [f"{name}: {value}" for name, value in offer.headers.items() if name not in _OFFERS]
        again = "\r\n".join([f"{offer.method} {offer.target} HTTP/1.1", *lines, "", ""])
        self._parse(again.encode("latin-1"))

    def _begin_anew(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._in_head, self._head = True, 0

    def on_message_begin(self) -> None:
        self.is_begun, self._in_head = True, True
        self._forget()

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._limits.target:
            raise RequestTooLarge(414, f"the target is longer than {self._limits.target} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._counts:
            self._headed += len(name) + len(value) + _AROUND
        text = value.decode("latin-1")
        if _RUN_BYTES in value and (hit := _RUN.search(text)):
            self._run = hit[1]
        self._headers[name.decode("latin-1").lower()] = text

    def _too_long(self) -> RequestTooLarge:
        return RequestTooLarge(431, f"the headers are larger than {self._limits.head} bytes")

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        if self._headed + len(self._target) > self._limits.head:  # a head in one piece
            raise self._too_long()
        length = self._headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._limits.body:
            raise RequestTooLarge(413, self._too_large())
        if self._headers.get("expect", "").lower() == "100-continue":
            self.wants_go_ahead = True

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        self._held.total += len(body)
        if self._size > self._limits.body:
            raise RequestTooLarge(413, self._too_large())
        if self._held.total > self._limits.bodies:
            raise RequestTooLarge(
                503, f"{self._limits.bodies} bytes of requests are under way already"
            )
        self._body.append(body)

    def on_message_complete(self) -> None:
        parser = self._parser
        self.is_begun, self._in_head, self._head = False, True, 0
        self.wants_go_ahead = False
        self._held.total -= self._size
        self._size = 0
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        method, target = parser.get_method().decode("ascii"), self._target.decode("latin-1")
        host, (path, _, query) = self._headers.get("host", ""), target.partition("?")
        if path[:1] != "/" and "://" in path:
            host, slash, path = path.partition("://")[2].partition("/")
            path = slash + path or "/"
        if len(host) > _LONGEST_HOST:
            raise RequestTooLarge(400, f"the host's name is longer than {_LONGEST_HOST} letters")
        keep, version = parser.should_keep_alive(), parser.get_http_version()
        named, headers = self._named(), self._headers
        asked = ReceivedRequest(
            method, target, host, path, query, headers, body, keep, version, named
        )
        self.whole.append(asked)

    def _named(self) -> str:
        """Which run: the header's, else the one that a key names (in a query, too)."""
        named = self._headers.get("x-chaos-run", "")
        if named:
            if not _NAME.fullmatch(named):
                raise RequestTooLarge(
                    400, "X-Chaos-Run is 1 to 64 letters, digits, '.', '_' and '-'"
                )
            return named
        if not self._run and _RUN_BYTES in self._target:
            hit = _RUN.search(self._target.decode("latin-1"))
            return hit[1] if hit else ""
        return self._run

    def _too_large(self) -> str:
        return f"the body is larger than {self._limits.body} bytes"


def run_of(headers: Mapping[str, str]) -> str:
    """The run that the headers of a request name, or a key among them; "" for none.

    Raises UsageError for a name that no run can have.
    """
    named = headers.get("x-chaos-run", "")
    if named:
        if not _NAME.fullmatch(named):
            raise UsageError("x-chaos-run is 1 to 64 letters, digits, '.', '_' and '-'")
        return named
    hits = map(_RUN.search, headers.values())
    return next((hit[1] for hit in hits if hit), "")
