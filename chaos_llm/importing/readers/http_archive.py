"""HAR 1.2: browsers, mitmproxy, proxies; and the recordings of Polly.JS, which are HAR.

http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.content_encoding import decoded, needed_for
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import CallEnd, RecordedCall

# Chrome and mitmproxy write `_error`, Playwright `_failureText`; a HAR has no field for it.
_FAILURES = ("_error", "_failureText")
_ERRORS: tuple[tuple[str, CallEnd], ...] = (  # the first that fits
    ("name_not_resolved", "unresolved"),
    ("unknown_host", "unresolved"),
    ("name or service not known", "unresolved"),
    ("no address", "unresolved"),
    ("connection_refused", "refused"),
    ("connect call failed", "refused"),
    ("refused", "refused"),
    ("connection_timed_out", "connect_timeout"),
    ("timed_out", "timeout"),
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("client disconnected", "abandoned"),
    ("ssl", "tls"),
    ("tls", "tls"),
    ("cert", "tls"),
    ("incomplete_chunked", "cut"),
    ("content_length_mismatch", "cut"),
    ("aborted", "abandoned"),
    ("reset", "reset"),
    ("closed", "reset"),
)
# The browser's own reasons: such a call never left it.
_NEVER_SENT = ("blocked_by", "internet_disconnected", "network_changed", "cache_miss")
_NAMED = re.compile(r'\s*\{\s*"([^".\\]{1,200})"\s*:\s*\{\s*"log"\s*:')


class HttpArchive:
    """Reads the entries of `log.entries` in a stream."""

    name = "har"
    reads = "HAR of browsers and proxies, and recordings of Polly.JS"

    def recognises(self, file: RecordedFile) -> bool:
        head = file.head
        return '"log"' in head and ('"entries"' in head or '"creator"' in head)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, entry in file.json_items(*_places(file.head)):
            try:
                call = _call(entry, file)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no entry of a HAR: {error!r:.120}")
                continue
            if call is not None:
                yield call


def _places(head: str) -> Iterator[str]:
    """Where the entries are: in a HAR, or in what Polly.JS keeps in a browser under its name."""
    yield "log.entries.item"
    if named := _NAMED.match(head):
        yield f"{named[1]}.log.entries.item"


def _call(entry: Mapping[str, Any], file: RecordedFile) -> RecordedCall | None:
    request, response = entry["request"], entry.get("response") or {}
    error = _failure(entry, response)
    if any(word in error for word in _NEVER_SENT):
        file.note("requests that their browser did not send are left out")
        return None
    asked, headers = _headers(request), _headers(response)
    file.secrets.note(asked, request["url"].partition("?")[2])
    file.secrets.note(headers)
    file.secrets.note_fields([request.get("queryString"), request.get("postData")])
    status = int(moments.number(response.get("status")) or 0)
    encoding, said = headers.get("content-encoding", ""), _content(response.get("content") or {})
    if status >= 400 and (lacks := needed_for(said, encoding)):
        file.note(f"bodies that {lacks} decompresses are left out: it is not installed")
    call = http_call(
        at=moments.moment(entry["startedDateTime"]),
        method=str(request.get("method") or "POST"),
        url=request["url"],
        request_headers=asked,
        request_body=_content(request.get("postData") or {}),
        status=max(0, status),  # -1: Playwright and Charles have none
        headers=headers,
        body=decoded(said, encoding),
    )
    _add_times(call, entry)
    if not call.status or (error and call.status < 400):
        call.end = _end(error or str(response.get("statusText") or "").casefold())
    return call


def _failure(entry: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """What kept a reply from coming, or from coming whole, in lower case; empty for nothing."""
    said = (each.get(name) for name in _FAILURES for each in (entry, response))
    return str(next(filter(None, said), "")).casefold()


def _content(content: Mapping[str, Any]) -> bytes:
    """The bytes of a body; Polly.JS keeps compressed ones as a list of its chunks in a text."""
    text, is_base64 = str(content.get("text") or ""), content.get("encoding") == "base64"
    if text.startswith('["') and text.endswith('"]'):
        chunks = json.loads(text)
        if all(isinstance(chunk, str) for chunk in chunks):
            return b"".join((b64decode if is_base64 else unhexlify)(chunk) for chunk in chunks)
    return b64decode(text) if is_base64 else text.encode("utf-8", "replace")


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Names in lower case; several values of one name are one, as in several cookies."""
    found: dict[str, str] = {}
    pairs: Iterable[Mapping[str, Any]] = message.get("headers") or ()
    for pair in pairs:
        name, value = str(pair["name"]).lower(), str(pair["value"])
        found[name] = f"{found[name]}; {value}" if name in found else value
    return found


def _add_times(call: RecordedCall, entry: Mapping[str, Any]) -> None:
    """Total and first byte, in milliseconds in the file; -1 is unknown there."""
    total = moments.number(entry.get("time"))
    received = moments.number((entry.get("timings") or {}).get("receive"))
    if total is not None and (total > 0 or (total == 0 and call.status)):
        call.seconds = total / 1000
        if call.status and received is not None and 0 <= received <= total:
            call.first_byte = (total - received) / 1000
            if call.stream and call.status == 200:
                call.first_token = call.first_byte


def _end(error: str) -> CallEnd:
    return next((end for word, end in _ERRORS if word in error), "reset")
