"""Cassettes: requests and replies that vcrpy, VCR for Ruby, go-vcr, or a HAR's writer kept.

So many test suites write them with serializers of their own that the common ones are read, too:
bodies as the JSON that they were (pydantic-ai, cassetter, ReqCassette), and requests and replies in
two lists (LangChain).
"""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.recording.content_encoding import decoded, needed_for

_GZIP = b"\x1f\x8b"
_PARSED = ("parsed_body", "body_json")  # fields with a body as JSON, and not as a text
_NEEDS_YAML = '{}: a cassette in YAML needs PyYAML: pip install "chaos_llm[import]"'


@dataclass(frozen=True)
class Interaction:
    """One request with its reply; header names are in lower case, `when` as the file writes it.

    `lacks` is the package without which the reply's body cannot be decompressed.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    when: Any = None
    duration: Any = None
    lacks: str = ""


def documents(path: Path) -> list[Any]:
    """The interactions of a file as its format has them; raises UsageError."""
    try:
        text = path.read_bytes()
        if text.startswith(_GZIP):
            text = gzip.decompress(text)
    except (EOFError, OSError, zlib.error) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    text = text.removeprefix(codecs.BOM_UTF8)
    return documents_of(text, path)


def documents_of(text: bytes, path: Path) -> list[Any]:
    """The same of the file's content."""
    document = _json(path, text) if text.lstrip()[:1] == b"{" else _yaml(path, text)
    if isinstance(document, list):  # vcrpy's first version
        return document
    if not isinstance(document, dict):
        document = {}
    found = document.get("interactions") or document.get("http_interactions")
    if found is None and isinstance(document.get("log"), dict):
        return [_of_har(entry) for entry in document["log"].get("entries") or ()]
    if found is None:
        found = _paired(document.get("requests"), document.get("responses"))
    return found if isinstance(found, list) else []


def _paired(requests: Any, responses: Any) -> list[Any]:
    """The interactions of a cassette with its requests in one list and its replies in another."""
    if not isinstance(requests, list) or not isinstance(responses, list):
        return []
    pairs = zip(requests, responses, strict=False)  # a torn cassette may lack the last replies
    return [{"request": request, "response": response} for request, response in pairs]


def interactions(path: Path) -> list[Interaction]:
    """All interactions of a cassette; raises UsageError for a file that has none."""
    try:
        found = [interaction(each) for each in documents(path)]
    except UsageError:  # says already why the file cannot be read
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is no cassette: {error!r:.200}") from None
    if not found:
        raise UsageError(f"{path} holds no interaction: give a cassette of vcrpy, go-vcr or a HAR")
    return found


def interaction(value: Mapping[str, Any]) -> Interaction:
    """One interaction of a document; raises what a malformed one causes, such as KeyError."""
    request, response = value["request"], value["response"]
    headers = _headers(response)
    encoding, said = headers.get("content-encoding", ""), _body(response)
    return Interaction(
        str(request.get("method") or "POST").upper(),
        str(request.get("uri") or request.get("url") or request.get("path")),
        _headers(request),
        _body(request),
        _status(response),
        headers,
        decoded(said, encoding),
        value.get("recorded_at") or headers.get("date"),
        response.get("duration"),
        needed_for(said, encoding),
    )


def _json(path: Path, text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path}: no JSON: {error}") from None


def _yaml(path: Path, text: bytes) -> Any:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise UsageError(_NEEDS_YAML.format(path)) from None
    try:
        return yaml.load(text, _plain_loader(yaml))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{path}: no YAML: {reason}") from None


def _plain_loader(yaml: Any) -> Any:
    """A safe loader that takes what has an unknown tag for what it is without the tag.

    Cassettes of Python 2 have `!!python/unicode`, those of Ruby `!binary` and `!ruby/...`.
    """

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # of Any
        pass

    def plain(loader: Any, _suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    Loader.add_multi_constructor("", plain)
    Loader.add_constructor("!binary", yaml.SafeLoader.construct_yaml_binary)
    return Loader


def _of_har(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a HAR in the form of a cassette."""
    request, response = entry["request"], entry["response"]
    content = response.get("content") or {}
    text = content.get("text") or ""
    body = {"base64_string": text} if content.get("encoding") == "base64" else text
    pairs = {"request": request, "response": response}
    named = {
        name: {each["name"]: each["value"] for each in message.get("headers") or ()}
        for name, message in pairs.items()
    }
    posted = (request.get("postData") or {}).get("text") or ""
    return {
        "request": {**request, "headers": named["request"], "body": posted},
        "response": {"status": response["status"], "headers": named["response"], "body": body},
        "recorded_at": entry.get("startedDateTime"),
    }


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Names in lower case; several values of one name are one, as in several cookies."""
    found = {}
    for name, value in (message.get("headers") or {}).items():
        values = value if isinstance(value, list) else [value]
        found[_text(name).lower()] = "; ".join(map(_text, values))
    return found


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _status(response: Mapping[str, Any]) -> int:
    status = response.get("status_code") or response.get("code") or response.get("status")
    if isinstance(status, dict):
        status = status.get("code")
    if isinstance(status, str):  # "200 OK"
        status = status.split(maxsplit=1)[0]
    return int(status)  # type: ignore[arg-type] # a TypeError is a malformed interaction


def _body(message: Mapping[str, Any]) -> bytes:
    for name in _PARSED:
        if message.get(name) is not None:
            return json.dumps(message[name], ensure_ascii=False).encode()
    body = message.get("body")
    if body is None:
        body = message.get("content")
    if isinstance(body, dict):
        return _bytes_of(body)
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return body if isinstance(body, bytes) else b""


def _bytes_of(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body that is an object: of the fields that a tool adds, or JSON itself."""
    if "base64_string" in body:
        return b64decode(body["base64_string"])
    if "string" in body or "encoding" in body:
        return _body({"body": body.get("string")})
    if body.get("type") in ("text", "binary", "none") and body.keys() <= {"type", "content"}:
        content = body.get("content") or ""
        return bytes.fromhex(content) if body["type"] == "binary" else content.encode()
    if body.keys() == {"type", "content"} and body["type"] == "json":
        body = body["content"]
    return json.dumps(body, ensure_ascii=False, default=str).encode()
