"""HTTP/1.1 as bytes that are passed on as they are: heads, and where bodies end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chaos_llm.errors import UsageError

_LONGEST_HEAD = 262_144  # bytes
_LONGEST_SIZE_LINE = 4096
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Head:
    """The head of a request or a reply: its first line, and its lines as they came."""

    raw: bytes

    @cached_property
    def lines(self) -> list[bytes]:
        return self.raw.split(b"\r\n")

    @cached_property
    def first_line(self) -> list[str]:
        """The three words of the first line; the last may be empty."""
        words = self.lines[0].decode("latin-1").split(" ", 2)
        return [*words, "", ""][:3]

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case; the last of several values counts."""
        found: dict[str, str] = {}
        for line in self.lines[1:]:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                found[name.strip().lower()] = value.strip()
        return found

    @property
    def status(self) -> int:
        word = self.first_line[1]
        return int(word) if word.isdecimal() else 0

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may carry another message after this one."""
        connection = self.headers.get("connection", "").lower()
        is_1_0 = "HTTP/1.0" in (self.first_line[0], self.first_line[2])
        return "keep-alive" in connection if is_1_0 else "close" not in connection

    def with_target(self, target: str, host: str) -> bytes:
        """The same head for another target and host; all other bytes stay."""
        method, _, version = self.first_line
        lines = [f"{method} {target} {version}".encode("latin-1")]
        for line in self.lines[1:]:
            is_host = line.partition(b":")[0].strip().lower() == b"host"
            lines.append(b"Host: " + host.encode() if is_host else line)
        return b"\r\n".join(lines) + _END


def split_head(data: bytes) -> tuple[Head, bytes] | None:
    """The head at the beginning of the bytes and what follows it; None if it is not whole.

    Raises UsageError if it is longer than any head.
    """
    end = data.find(_END)
    if end < 0:
        if len(data) > _LONGEST_HEAD:
            raise UsageError(f"the headers are longer than {_LONGEST_HEAD} bytes")
        return None
    return Head(data[:end]), data[end + len(_END) :]


class Body:
    """Finds the end of a body, and its content between the bytes of chunked framing."""

    def __init__(self, head: Head, *, is_reply: bool, to_head: bool = False) -> None:
        headers, status = head.headers, head.status if is_reply else 200
        self.is_whole = False
        self._left: int | None = None  # bytes of the content, or of a chunk, that are to come
        self._line = b""  # of a chunk's size, as far as it came
        self._state = "content"
        self.until_close = False
        if to_head or status in (204, 304) or 100 <= status < 200:
            self.is_whole = True
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            self._state = "size"
        elif headers.get("content-length", "").isdecimal():
            self._left = int(headers["content-length"])
            self.is_whole = not self._left
        elif is_reply:
            self.until_close = True
        else:
            self.is_whole = True

    def take(self, data: bytes) -> tuple[int, bytes]:
        """How many of the bytes belong to the body, and the content among them."""
        if self.until_close:
            return len(data), data
        if self._state == "content" and self._left is not None:
            return self._plain(data)
        taken, content = 0, []
        while taken < len(data) and not self.is_whole:
            used, piece = self._chunk(data[taken:]) if self._left else self._size(data[taken:])
            taken += used
            content.append(piece)
        return taken, b"".join(content)

    def _plain(self, data: bytes) -> tuple[int, bytes]:
        assert self._left is not None
        piece = data[: self._left]
        self._left -= len(piece)
        self.is_whole = not self._left
        return len(piece), piece

    def _chunk(self, data: bytes) -> tuple[int, bytes]:
        """Part of a chunk: its content, and the line end after it, which `_left` includes."""
        assert self._left is not None
        piece, content = data[: self._left], max(0, self._left - 2)
        self._left -= len(piece)
        return len(piece), piece[:content]

    def _size(self, data: bytes) -> tuple[int, bytes]:
        """A line of the framing: a chunk's size, or of the trailer."""
        line, newline, _ = data.partition(b"\n")
        self._line += line + newline
        if len(self._line) > _LONGEST_SIZE_LINE:
            self.is_whole = True  # no framing that can be followed; the rest is passed on
        if newline:
            self._line_is_whole()
        return len(line) + len(newline), b""

    def _line_is_whole(self) -> None:
        line, self._line = self._line.strip(), b""
        if self._state == "trailer":
            self.is_whole = not line
            return
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            self.is_whole = True
            return
        if size:
            self._left = size + 2
        else:
            self._state = "trailer"
