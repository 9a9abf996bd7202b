"""Bodies of replies as they were before their compression."""

from __future__ import annotations

import zlib

_LONGEST = 4 * 1024 * 1024  # bytes of the content
_GZIP = b"\x1f\x8b"


def decoded(body: bytes, encoding: str) -> bytes:
    """The content of a body with that `content-encoding`.

    Tools often keep the header of a body that they have decompressed; such a body stays as it is.
    It is empty where the standard library cannot decompress it (br, zstd).
    """
    for name in reversed([word.strip() for word in encoding.lower().split(",")]):
        if name in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body)
        elif name in ("br", "zstd", "compress") and not _is_text(body):
            return b""
    return body


def _inflated(body: bytes) -> bytes:
    raw = (-zlib.MAX_WBITS,) if not body.startswith(_GZIP) else ()  # deflate without its header
    for bits in () if _is_text(body) else (zlib.MAX_WBITS | 32, *raw):
        try:
            return zlib.decompressobj(bits).decompress(body, _LONGEST)
        except zlib.error:
            continue
    return body if _is_text(body) else b""


def _is_text(body: bytes) -> bool:
    """Whether the beginning is UTF-8; a cut at its end may be within a letter."""
    try:
        body[:2000].decode()
    except UnicodeDecodeError as error:
        return error.start > 1990
    return True
