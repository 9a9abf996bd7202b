"""What is wrong with images in messages to Anthropic, in tools' results too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest, Place
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong

_LARGEST = 10_485_760  # bytes; 5 MB before 2026
_LETTERS_A_BYTE = 4 / 3  # of base64
_FORMATS = ("image/jpeg", "image/png", "image/gif", "image/webp")
_BEGINNINGS = (  # of base64, by the first bytes of each format
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_CHECKED = 4096  # letters of an image that are looked at

Words = dict[str, object]


def _sources(block: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Where a block's images come from: its own, or those of a tool's result."""
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "image" and isinstance(block.get("source"), dict):
        yield ("image", "source", "base64"), block["source"]
    content = block.get("content") if kind == "tool_result" else None
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and part.get("type") == "image":
            for place, source in _sources(part):
                yield ("tool_result", "content", index, *place), source


def _of_images(check: Callable[[dict[str, Any]], Words | None], *field: str) -> Wrong:
    """What is wrong with the first image in base64 that the check refuses."""

    def wrong(block: Any, _request: CheckedRequest) -> Found | None:
        for place, source in _sources(block):
            words = check(source) if source.get("type") == "base64" else None
            if words is not None:
                return Found((*place, *field), words)
        return None

    return wrong


def _too_large(source: dict[str, Any]) -> Words | None:
    data = source.get("data")
    size = int(len(data) / _LETTERS_A_BYTE) if isinstance(data, str) else 0
    return {"size": size, "most": _LARGEST} if size > _LARGEST else None


def _unknown_format(source: dict[str, Any]) -> Words | None:
    return None if source.get("media_type") in _FORMATS else {}


def _empty(source: dict[str, Any]) -> Words | None:
    return {} if source.get("data") == "" else None


def _of_another_format(source: dict[str, Any]) -> Words | None:
    """An image whose first bytes are those of another format."""
    named, data = source.get("media_type"), source.get("data")
    begins = data if isinstance(data, str) else ""
    seen = next((kind for start, kind in _BEGINNINGS if begins.startswith(start)), None)
    return None if seen in (None, named) else {"named": named, "seen": seen}


def _unreadable(source: dict[str, Any]) -> Words | None:
    """What is no base64, such as the whole data URL."""
    data = source.get("data")
    sound = not isinstance(data, str) or _BASE64.fullmatch(data[:_CHECKED])
    return None if sound else {}


IMAGES = tuple(
    Rule(name, "messages[].content[]", wrong, message, why, source)
    for name, wrong, message, why, source in (
        (
            "image size",
            _of_images(_too_large),
            "{at}: image exceeds 10 MB maximum: {size} bytes > {most} bytes",
            "takes no image of more than 10 MB",
            Source("client code", "the limit was 5 MB before"),
        ),
        (
            "image format",
            _of_images(_unknown_format, "media_type"),
            "{at}: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
            "reads JPEG, PNG, GIF and WebP alone",
            Source("client code", "users' clients"),
        ),
        (
            "empty image",
            _of_images(_empty),
            "{at}: image cannot be empty",
            "takes no empty image",
            Source("pasted", "users' notes of 2026"),
        ),
        (
            "image of another format",
            _of_images(_of_another_format),
            "{at}: The image was specified using the {named} media type, but the image appears to "
            "be a {seen} image",
            "takes no {seen} as {named}",
            Source("pasted", "users' issues and notes"),
        ),
        (
            "image unreadable",
            _of_images(_unreadable, "data"),
            "{at}: Could not process image",
            "reads an image's bytes in base64 alone",
            Source("client code", "users' clients; of what is no base64 it is assumed"),
        ),
    )
)
