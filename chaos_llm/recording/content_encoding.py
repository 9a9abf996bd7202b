"""Bodies of replies as they were before their compression."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

_LONGEST = 4 * 1024 * 1024  # bytes of the content
_GZIP = b"\x1f\x8b"
# The modules that decompress what the standard library cannot; the first that is installed does.
_MODULES = {
    "br": ("brotli", "brotlicffi"),
    "zstd": ("compression.zstd", "backports.zstd", "zstandard"),
}
_PACKAGES = {"br": "brotli", "zstd": "backports.zstd"}


def decoded(body: bytes, encoding: str) -> bytes:
    """The content of a body with that `content-encoding`.

    Tools often keep the header of a body that they have decompressed; such a body stays as it is.
    It is empty where nothing that is installed can decompress it.
    """
    for name in _applied(encoding):
        if name in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body)
        elif name in _MODULES and not _is_text(body):
            body = _expanded(body, name)
        elif name == "compress" and not _is_text(body):
            return b""
    return body


def needed_for(body: bytes, encoding: str) -> str:
    """The package without which a body with that `content-encoding` stays closed; or empty."""
    for name in _applied(encoding):
        if name in _MODULES and not _is_text(body) and _module(name) is None:
            return _PACKAGES[name]
    return ""


def _applied(encoding: str) -> list[str]:
    """The encodings of a body, the last one first."""
    return [word.strip() for word in reversed(encoding.lower().split(","))]


def _inflated(body: bytes) -> bytes:
    raw = (-zlib.MAX_WBITS,) if not body.startswith(_GZIP) else ()  # deflate without its header
    for bits in () if _is_text(body) else (zlib.MAX_WBITS | 32, *raw):
        try:
            return zlib.decompressobj(bits).decompress(body, _LONGEST)
        except zlib.error:
            continue
    return body if _is_text(body) else b""


def _expanded(body: bytes, name: str) -> bytes:
    module = _module(name)
    if module is None:
        return b""
    expand = _brotli if name == "br" else _zstd
    try:
        return expand(module, body)
    except Exception:  # each library has an error of its own, and a damaged body is none of ours
        return b""


def _brotli(module: Any, body: bytes) -> bytes:
    """The content, piece by piece, as a few bytes may hold gigabytes."""
    decompressor = module.Decompressor()
    name = "process" if hasattr(decompressor, "process") else "decompress"  # in brotlicffi
    take: Callable[[bytes], bytes] = getattr(decompressor, name)
    found = b""
    for start in range(0, len(body), 4096):
        found += take(body[start : start + 4096])
        if len(found) >= _LONGEST:
            break
    return found[:_LONGEST]


def _zstd(module: Any, body: bytes) -> bytes:
    decompressor = module.ZstdDecompressor()
    if hasattr(decompressor, "decompressobj"):  # zstandard
        return bytes(decompressor.decompressobj().decompress(body)[:_LONGEST])
    return bytes(decompressor.decompress(body, _LONGEST))


def _module(name: str) -> Any:
    for module in _MODULES[name]:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError:
            continue
    return None


def _is_text(body: bytes) -> bool:
    """Whether the beginning is UTF-8; a cut at its end may be within a letter."""
    try:
        body[:2000].decode()
    except UnicodeDecodeError as error:
        return error.start > 1990
    return True
