"""Decompresses the bodies of requests: Codex sends ChatGPT's backend zstd."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

_GZIP = zlib.MAX_WBITS | 16


class NotDecompressed(Exception):
    """A body that cannot be read: an HTTP status, and why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def decompressed(body: bytes, encoding: str, longest: int) -> bytes:
    """A body without its content-encoding.

    Raises NotDecompressed for an encoding that is not known here (415), for a body that is longer
    than `longest` bytes (413), and for one that is no such data (400).
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    work = _decompressor(name)
    try:
        data = work.decompress(body, longest + 1)
    except Exception as error:  # each library has errors of its own
        raise NotDecompressed(400, f"the body is no {name}: {error}") from None
    if len(data) > longest:
        raise NotDecompressed(413, f"the body is larger than {longest} bytes")
    if not work.eof:
        raise NotDecompressed(400, f"the body is cut short, or no {name}")
    return data


def _decompressor(name: str) -> _Decompressor:
    if name == "gzip":
        return zlib.decompressobj(_GZIP)
    if name == "deflate":
        return zlib.decompressobj()
    if name != "zstd":
        raise NotDecompressed(415, f"content-encoding {name!r} is not known; send gzip or zstd")
    try:
        made: _Decompressor = _zstd().ZstdDecompressor()
    except ImportError:
        way = 'pip install "chaos_llm[server]"'
        raise NotDecompressed(415, f"content-encoding zstd needs a library: {way}") from None
    return made


def _zstd() -> Any:
    """The library: Python's own from 3.14 on, else its backport."""
    import importlib  # noqa: PLC0415 - only for such bodies

    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return importlib.import_module("backports.zstd")
