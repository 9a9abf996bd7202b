"""The shape of a reply: its key paths with their types, the order of its events, its headers.

A path begins with `$`, or with the name of an event in angle brackets. `{}` behind a path is an
object, `[]` an element of a list: `$.choices[].message.content`.
"""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from chaos_llm.protocol.messages import Reply

# What a reply repeats from its request, and a guardrail's or a function's own names.
_REPEATED = re.compile(
    r"\.(tools|format|metadata|tool_choice|input_schema|parameters)(\[\]|\.|\{\}$)"
)
_PRIVATE = re.compile(r"inputAssessment|outputAssessments|\.(args|input|arguments)(\.|\[\]|\{\})")


def is_private(path: str, *, repeats: bool) -> bool:
    """Whether a path is a recording's own; `repeats` says that replies repeat their request."""
    return bool(_PRIVATE.search(path) or (repeats and _REPEATED.search(path)))


@dataclass
class Shape:
    """What a reply is made of, without its values."""

    status: int = 200
    types: dict[str, set[str]] = field(default_factory=dict)
    events: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, value: Any) -> None:
        """Note the types of a value and of all that is in it."""
        if isinstance(value, dict):
            self._note(path + "{}", "object")
            for key, inner in value.items():
                self.add(f"{path}.{key}", inner)
        elif isinstance(value, list):
            self._note(path, "list")
            for inner in value:
                self.add(path + "[]", inner)
        else:
            self._note(path, _type(value))

    def _note(self, path: str, kind: str) -> None:
        self.types.setdefault(path, set()).add(kind)


def shape_of(reply: Reply) -> Shape:
    """Read a reply's shape off its bytes."""
    shape = Shape(reply.status, headers=dict(reply.headers))
    media, names = shape.headers.get("content-type", ""), []
    if "event" in media and "stream" in media and reply.streamed:
        for name, value in _events(reply.body, media):
            names.append(name)
            shape.add(f"<{name}>{'raw' if isinstance(value, str) else ''}", value)
    elif reply.streamed:
        for value in _values(reply.body):
            shape.add("<>", value)
    else:
        shape.add("$", json.loads(reply.body))
    shape.events = " > ".join(name for name, _ in groupby(names))
    return shape


def _type(value: object) -> str:
    names = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "str")


def _events(body: bytes, media: str) -> Iterator[tuple[str, Any]]:
    if "amazon" in media:
        yield from _frames(body)
        return
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        if block.startswith(":"):
            yield ":comment", block
            continue
        lines = [line.partition(":") for line in block.splitlines() if not line.startswith(":")]
        fields = {name: value.strip() for name, _, value in lines}
        data = fields.get("data")
        if data == "[DONE]":
            yield "[DONE]", data
        elif data is not None:
            yield fields.get("event", ""), json.loads(data)


def _values(body: bytes) -> list[Any]:
    """An array of JSON, or lines of it."""
    text = body.decode()
    return json.loads(text) if text.startswith("[") else [json.loads(t) for t in text.splitlines()]


def _frames(body: bytes) -> Iterator[tuple[str, Any]]:
    """AWS's frames; what InvokeModel wraps in base64 is named by its kind."""
    at = 0
    while at < len(body):
        total, head = struct.unpack_from("!II", body, at)
        name = _text_headers(body[at + 12 : at + 12 + head]).get(":event-type", "")
        value = json.loads(body[at + 12 + head : at + total - 4])
        if "bytes" in value:
            inner = json.loads(base64.b64decode(value.pop("bytes")))
            yield f"{name}/{_kind(inner)}", {"<bytes>": inner} | value
        else:
            yield name, value
        at += total


def _kind(event: dict[str, Any]) -> str:
    if "type" in event:
        return str(event["type"])
    return ",".join(key for key in event if key != "amazon-bedrock-invocationMetrics")


def _text_headers(head: bytes) -> dict[str, str]:
    found, at = {}, 0
    while at < len(head):
        size = head[at]
        name, at = head[at + 1 : at + 1 + size].decode(), at + 1 + size
        (length,) = struct.unpack_from("!H", head, at + 1)
        found[name], at = head[at + 3 : at + 3 + length].decode(), at + 3 + length
    return found
