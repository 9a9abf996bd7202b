"""HAR 1.2: browsers, mitmproxy, proxies; and the recordings of Polly.JS, which are HAR.

http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import CallEnd, RecordedCall

# Chrome writes `_error`, Firefox and mitmproxy a text of their own; a HAR has no field for it.
_ERRORS: tuple[tuple[str, CallEnd], ...] = (
    ("name_not_resolved", "unresolved"),
    ("connection_refused", "refused"),
    ("connection_timed_out", "connect_timeout"),
    ("timed_out", "timeout"),
    ("timeout", "timeout"),
    ("ssl", "tls"),
    ("cert", "tls"),
    ("incomplete_chunked", "cut"),
    ("content_length_mismatch", "cut"),
    ("aborted", "abandoned"),
    ("reset", "reset"),
    ("closed", "reset"),
    ("refused", "refused"),
)


class HttpArchive:
    """Reads the entries of `log.entries` in a stream."""

    name = "har"
    reads = "HAR of browsers and proxies, and recordings of Polly.JS"

    def recognises(self, file: RecordedFile) -> bool:
        head = file.head
        return '"log"' in head and ('"entries"' in head or '"creator"' in head)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, entry in file.json_items("log.entries.item"):
            try:
                call = _call(entry, file)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no entry of a HAR: {error!r:.120}")
                continue
            yield call


def _call(entry: Mapping[str, Any], file: RecordedFile) -> RecordedCall:
    request, response = entry["request"], entry.get("response") or {}
    asked, headers = _headers(request), _headers(response)
    file.secrets.note(asked, request["url"].partition("?")[2])
    file.secrets.note(headers)
    content = response.get("content") or {}
    body = str(content.get("text") or "").encode()
    if content.get("encoding") == "base64":
        body = b64decode(body)
    call = http_call(
        at=moments.moment(entry["startedDateTime"]),
        method=str(request.get("method") or "POST"),
        url=request["url"],
        request_headers=asked,
        request_body=str((request.get("postData") or {}).get("text") or "").encode(),
        status=int(response.get("status") or 0),
        headers=headers,
        body=body,
    )
    _add_times(call, entry)
    error = str(entry.get("_error") or response.get("_error") or response.get("statusText") or "")
    if not call.status or response.get("_error"):
        call.end = _end(error)
    return call


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    pairs: Iterable[Mapping[str, Any]] = message.get("headers") or ()
    return {str(pair["name"]).lower(): str(pair["value"]) for pair in pairs}


def _add_times(call: RecordedCall, entry: Mapping[str, Any]) -> None:
    """Total and first byte, in milliseconds in the file; -1 is unknown there."""
    total = moments.number(entry.get("time"))
    received = moments.number((entry.get("timings") or {}).get("receive"))
    if total is not None and total >= 0:
        call.seconds = total / 1000
        if received is not None and 0 <= received <= total:
            call.first_byte = (total - received) / 1000
            if call.stream and call.status == 200:
                call.first_token = call.first_byte


def _end(error: str) -> CallEnd:
    folded = error.casefold()
    return next((end for word, end in _ERRORS if word in folded), "reset")
