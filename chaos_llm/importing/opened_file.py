"""The bytes of a file as UTF-8: decompressed, without a BOM, and decoded from UTF-16 or UTF-32."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from chaos_llm.errors import UsageError

_COMPRESSED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
_ARCHIVES = (
    (b"PK\x03\x04", "is a zip archive: unpack it, and import what is in it"),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd: decompress it first (zstd -d)"),
)
_ENCODINGS = (  # UTF-32 begins as UTF-16 does, so it comes first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What reading raises if the end of a compressed file is missing, or its bytes are damaged.
BREAKS = (EOFError, OSError, UnicodeDecodeError, lzma.LZMAError, zlib.error)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The stream of UTF-8, and the file on the disk below it; its position is the progress.

    Raises UsageError for a file that cannot be opened, and for an archive.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    with file:
        start = _peeked(file)
        for magic, what in _ARCHIVES:
            if start.startswith(magic):
                raise UsageError(f"{path} {what}")
        yield _as_utf8(_decompressed(file, start)), file


def read_all(path: Path) -> bytes:
    """The whole of a small file; raises UsageError if it cannot be read to its end."""
    with opened(path) as (stream, _):
        try:
            return stream.read()
        except BREAKS as error:
            raise UsageError(f"{path}: the file ends or breaks too early: {error}") from None


def _peeked(stream: IO[bytes]) -> bytes:
    start = stream.read(8)
    stream.seek(0)
    return start


def _decompressed(file: IO[bytes], start: bytes) -> IO[bytes]:
    for magic, decompress in _COMPRESSED:
        if start.startswith(magic):
            return cast("IO[bytes]", decompress(file))
    return file


def _as_utf8(stream: IO[bytes]) -> IO[bytes]:
    try:
        start = _peeked(stream)
    except BREAKS:
        return stream  # the reader meets the same break, and says so
    if start.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
        return stream
    encoding = next((name for bom, name in _ENCODINGS if start.startswith(bom)), "")
    if not encoding and len(start) >= 4 and start[1] == start[3] == 0:
        encoding = "utf-16-le"  # without a BOM; the first letters of a log are ASCII
    return io.BufferedReader(_Recoded(stream, encoding)) if encoding else stream


class _Recoded(io.RawIOBase):
    """UTF-8 of a text in another encoding."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._left or self._text.read(8192).encode("utf-8", "replace")
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        self._left = data[count:]
        return count
