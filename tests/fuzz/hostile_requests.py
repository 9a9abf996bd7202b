"""Requests that no sane client sends, as Hypothesis strategies: structure first, then bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from support.wire_requests import BODIES, PATHS

from chaos_llm import faults, providers

KEYS = {"x-api-key": "k", "authorization": "Bearer k", "api-key": "k", "x-goog-api-key": "k"}
RUN = "under-attack"  # whose faults and clock are meddled with


@dataclass(frozen=True)
class Sent:
    """One request; `sound` says that it is HTTP, so that an answer is due.

    `settled` says that nobody has meddled with its run, so that the answer is whole.
    """

    method: str = "POST"
    target: str = "/v1/messages"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sound: bool = True
    settled: bool = True
    chunked: bool = False
    raw: bytes | None = None  # instead of all of it

    def wire(self) -> bytes:
        """Its bytes."""
        if self.raw is not None:
            return self.raw
        headers = {"host": "127.0.0.1", **KEYS, **self.headers}
        if self.chunked:
            headers["transfer-encoding"] = "chunked"
            body = b"".join(
                f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
                for piece in (self.body[:7], self.body[7:])
                if piece
            )
            body += b"0\r\n\r\n"
        else:
            headers["content-length"], body = str(len(self.body)), self.body
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


# -- JSON

WORDS = (
    "messages", "model", "stream", "tools", "role", "content", "type", "text", "function",
    "name", "parameters", "input_schema", "tool_choice", "max_tokens", "system", "input",
    "contents", "parts", "functionCall", "arguments", "tool_calls", "response_format",
    "json_schema", "schema", "user", "assistant", "tool", "developer", "tool_use", "tool_result",
    "image_url", "source", "base64", "data", "n", "logprobs", "stop", "temperature", "texts",
    "instances", "generationConfig", "responseSchema", "thinking", "reasoning", "metadata",
    "stream_options", "include_usage", "prompt", "requests", "custom_id", "params", "dimensions",
    "encoding_format", "previous_response_id", "anthropic_version",
)  # fmt: skip
KEYWORDS = (
    "type", "properties", "required", "items", "enum", "const", "anyOf", "oneOf", "allOf", "not",
    "$ref", "$defs", "pattern", "format", "minLength", "maxLength", "minItems", "maxItems",
    "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "multipleOf",
    "additionalProperties", "patternProperties", "propertyNames", "minProperties", "contains",
    "prefixItems", "nullable", "default", "description",
)  # fmt: skip
ODD_TEXTS = (
    "", "\0", "\r\n", "\u202e", "😀" * 50, "-" * 3000, "KX-48213", "../" * 20, "<script>",
    "' OR 1=1", "%s%n", "\ufeff", "é" * 300, "x" * 5000, "sk-ant-api03-" + "a" * 90,
    "\u2028", "R7-20931-K",
)  # fmt: skip
PATTERNS = ("^(.*)*x$", "^(.+)+[.]pdf$", "(a|a)*$b", "[", r"^\p{L}$", r"(a)\1", "a{65536}", "^$")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from((0, -1, 1e308, 1e-308, 10**30, 3e8, 0.5)),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(
                ("object", "array", "string", "integer", "number", "null", 5, [])
            ),
            "pattern": st.sampled_from(PATTERNS),
            "minLength": st.sampled_from((0, 3, 1000, 3e8, -1, "2")),
            "minItems": st.sampled_from((0, 2, 900, 10**9, 2.0)),
            "multipleOf": st.sampled_from((0, 0.1, 3, 1e-300)),
            "minimum": st.sampled_from((0, -5, 1e308, "1")),
            "enum": st.sampled_from(([], [1], ["a", None], "a")),
            "$ref": st.sampled_from(("#", "#/$defs/a", "nowhere", 5)),
            "uniqueItems": st.booleans(),
        },
    ),
    lambda inner: st.dictionaries(
        st.sampled_from(KEYWORDS),
        inner | st.lists(inner, max_size=3) | scalars | st.dictionaries(st.text(max_size=3), inner),
        min_size=1,
        max_size=4,
    ),
    max_leaves=6,
)


def _places(value: Any, path: tuple = ()) -> list[tuple]:
    """Where in a body something can be put in another's place."""
    found = [path]
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        found += _places(inner, (*path, key))
    return found


def _put(value: Any, path: tuple, new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy


def _endpoints() -> list[tuple[str, str, Any]]:
    """Provider, path and body of an ordinary request, for every wire format there is."""
    found = []
    for each in providers.known():
        path = PATHS.get(f"{each.name}-{each.api}") or PATHS.get(each.api)
        if path is not None:
            found.append((each.name, path, BODIES.get(each.api, {})))
    return found


ENDPOINTS = _endpoints()


@st.composite
def bodies(draw, body):
    """An ordinary body with a few things in it that are not."""
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(_places(body)))
        body = _put(body, path, draw(values))
    if isinstance(body, dict):
        if draw(st.integers(0, 3)) == 0:
            body = body | draw(st.dictionaries(st.sampled_from(WORDS), values, max_size=3))
        if draw(st.integers(0, 3)) == 0:
            body = body | {"stream": True}
        if draw(st.integers(0, 2)) == 0:
            body = body | _with_schema(draw(st.sampled_from("abcd")), draw(schemas))
    return body


def _with_schema(where: str, schema: Any) -> dict[str, Any]:
    """A schema where one of the dialects looks for it."""
    function = {"name": "f", "parameters": schema}
    return {
        "a": {"tools": [{"type": "function", "function": function}]},
        "b": {"tools": [{"name": "f", "input_schema": schema}]},
        "c": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "f", "schema": schema},
            }
        },
        "d": {"tools": [{"functionDeclarations": [function]}]},
    }[where]


ODD_JSON = st.sampled_from(
    (b"", b"{", b"[]", b"nul", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b'"\\ud800"',
     b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b'{"model": "\\udc00"}', b"\0" * 100,
     b"a=1&b=%ff", b"{}" * 50)
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ("x-chaos-call", "x-chaos-run", "anthropic-version", "content-type", "accept", "expect",
         "authorization", "x-api-key", "cookie", "origin", "sec-fetch-site", "upgrade", "x-odd")
    ),
    st.sampled_from(
        ("", "7", "a" * 3000, "é\xff", "bearer k", "100-continue", "text/html", "websocket",
         "https://[", "cross-site", "KX-48213", "chaos-run-under-attack", "Basic :::", "..")
    ),
    max_size=2,
)  # fmt: skip


@st.composite
def asked_of_providers(draw):
    """A request to some endpoint, wrong in its meaning or its JSON."""
    name, path, body = draw(st.sampled_from(ENDPOINTS))
    headers = dict(draw(HEADERS)) if draw(st.integers(0, 3)) == 0 else {}
    content = draw(ODD_JSON) if draw(st.integers(0, 5)) == 0 else None
    if content is None:
        content = json.dumps(draw(bodies(body))).encode("utf-8", "surrogatepass")
    method = draw(st.sampled_from(("POST",) * 12 + ("GET", "PUT", "DELETE", "HEAD")))
    if draw(st.integers(0, 5)) == 0:
        path += draw(
            st.sampled_from(("/", "//", "?key=k", "?a=%ff&b", "/%00", "/../..", "?" + "x" * 500))
        )
    chunked = draw(st.integers(0, 7)) == 0
    named = headers.get("x-chaos-run", "")
    is_named = all(letter.isalnum() or letter in "_.-" for letter in named)
    is_meddled_with = f"chaos-run-{RUN}" in headers.values()
    settled = is_named and not is_meddled_with
    return Sent(method, f"/{name}{path}", headers, content, settled=settled, chunked=chunked)


# -- the admin API

ARGUMENTS = st.one_of(
    scalars,
    st.sampled_from(
        ("10m", "1e9d", "anthropic", "openai", "hang", "latency", RUN, "default", " " * 5000)
    ),
    st.sampled_from((1e300, -1, 10**19, [], {}, [[]], ["a"] * 2000)),
)
NAMES = (
    "state", "windows", "advance", "journal", "verdict", "timeline", "reset", "load", "profile",
    "runs", "inject", "heal", "answers", "ca", "", "nothing", "state/x",
)  # fmt: skip
FIELDS = ("run", "by", "to", "since", "seed", "at", "profile", "toml", "provider", "fault", "times",
          "surface", "model", "answers", "seconds", "after", "status", "retry_after")  # fmt: skip
TOMLS = st.sampled_from(
    ("", "[[[[", "a=" + "[" * 200, "title = 1", 'title = "t"\nstarts = 2026-01-01\nends = "+1h"\n',
     "a=" + "9" * 5000, "\0", "[[window]]\n" * 500)
)  # fmt: skip


@st.composite
def asked_of_the_admin(draw):
    """A request to the admin API, with arguments of any kind; it meddles with a run of its own."""
    name, method = draw(st.sampled_from(NAMES)), draw(st.sampled_from(("GET", "POST", "DELETE")))
    given = draw(st.dictionaries(st.sampled_from(FIELDS), ARGUMENTS, max_size=3))
    if name == "inject" and draw(st.booleans()):
        given |= {"provider": "openai", "fault": draw(st.sampled_from(sorted(faults.known())))}
    if name == "load":
        given["toml"] = draw(TOMLS)
    given["run"] = draw(st.sampled_from((RUN, RUN, RUN, "<x>", "\ud800", "x" * 100, 5, "")))
    if name in ("advance", "reset", "load", "inject", "answers", "heal", "runs"):
        given["run"] = given["run"] or RUN
    if method == "GET" and draw(st.booleans()):
        query = "&".join(
            f"{n}={quote(str(v).encode('utf-8', 'replace'))}"
            for n, v in sorted(given.items(), key=lambda item: item[0] != "run")
        )  # the run first, so that it is not cut off
        return Sent(method, f"/__chaos/{name}?{query}"[:7000], settled=False)
    content = draw(ODD_JSON) if draw(st.integers(0, 7)) == 0 else json.dumps(given).encode()
    return Sent(method, f"/__chaos/{name}", draw(HEADERS), content, settled=False)


# -- bytes


@st.composite
def mangled(draw):
    """Bytes that began as a request; what answer they deserve nobody can say."""
    data = bytearray(draw(asked_of_providers()).wire())
    rng = draw(st.randoms(use_true_random=False))
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0 if data:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(30)))
            case _:
                data[at:at] = data[rng.randrange(len(data) or 1) :][: rng.randrange(100)]
    return Sent(raw=bytes(data), sound=False, settled=False)


def hello(name: bytes) -> bytes:
    """A TLS ClientHello that names a host."""
    host = struct.pack("!BH", 0, len(name)) + name
    names = struct.pack("!H", len(host)) + host
    extension = struct.pack("!HH", 0, len(names)) + names
    versions = b"\x00\x2b\x00\x03\x02\x03\x04"
    extensions = struct.pack("!H", len(extension + versions)) + extension + versions
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\x00\x02\x13\x01" + b"\x01\0" + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


@st.composite
def hellos(draw):
    """The first bytes of TLS, for a host that may be none."""
    name = draw(
        st.sampled_from(
            (b"api.openai.com", b"\xff\xfe.x", b"", b"a" * 300, b"-.", b"*.x", b"a\0b", b"...")
        )
        | st.binary(max_size=20)
        | st.integers(0, 999).map(lambda number: f"host-{number}.example".encode())
    )
    data = bytearray(hello(name))
    if draw(st.integers(0, 2)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        data[at] = draw(st.integers(0, 255))
    return Sent(raw=bytes(data), sound=False, settled=False)


UPGRADE = Sent("GET", "/openai/v1/models", {"connection": "upgrade", "upgrade": "h2c"}, b"")
CONNECTS = st.sampled_from(
    [
        Sent(
            raw=f"CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n\r\n".encode(), sound=False, settled=False
        )
        for to in (
            "api.openai.com:443",
            "nowhere.example:443",
            "[::1",
            ":",
            "127.0.0.1:1",
            "x" * 300,
        )
    ]
)


def conversations() -> st.SearchStrategy[list[Sent]]:
    """What one client sends on one connection, one request after the other."""
    usual = st.lists(asked_of_providers(), min_size=8, max_size=16)
    admin = st.lists(asked_of_the_admin(), min_size=4, max_size=10)
    meddled = st.lists(
        asked_of_providers().map(
            lambda sent: replace(sent, headers={**sent.headers, "x-chaos-run": RUN}, settled=False)
        ),
        min_size=1,
        max_size=4,
    )
    upgrades = st.integers(1, 20).map(lambda count: [UPGRADE] * count)
    single = st.one_of(mangled(), hellos(), CONNECTS).map(lambda sent: [sent])
    return st.one_of(usual, usual, usual, usual, admin, meddled, single, single, upgrades)
