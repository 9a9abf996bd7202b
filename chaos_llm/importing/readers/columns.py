"""Any CSV, and any JSON lines, by the names of their columns: access logs of nginx and Envoy, too.

`--columns at=when,status=code,milliseconds=latency_ms` names them; common names are found without.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import CALL_ENDS, RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import (
    UNKNOWN,
    named_provider,
    place_at,
    place_of,
    place_of_address,
    provider_of_model,
)

# What is read, and the names of columns that mean it; those of nginx and Envoy come first.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "at": ("start_time", "at", "when", "timestamp", "@timestamp", "time", "date", "started_at",
           "ts", "datetime", "created_at"),
    "ended": ("time_iso8601", "time_local", "msec"),  # nginx writes them when a call has ended
    "status": ("upstream_status", "response_code", "status", "status_code", "code", "http_status",
               "statuscode", "response_status"),
    "provider": ("provider", "vendor", "llm_provider"),
    "model": ("model", "request_model", "model_name"),
    "seconds": ("upstream_response_time", "request_time", "seconds", "duration_s", "latency_s",
                "duration_seconds", "response_time"),
    "milliseconds": ("duration", "latency_ms", "duration_ms", "milliseconds", "ms",
                     "response_time_ms", "elapsed_ms", "latency"),
    "first_byte": ("upstream_header_time", "ttfb", "first_byte"),
    "host": ("authority", ":authority", "upstream_host", "host", "http_host"),
    "path": ("path", "uri", "request_uri", "x-envoy-original-path", "url", "address"),
    "request": ("request",),
    "method": ("method", "request_method"),
    "client": ("user", "client", "user_id", "session", "end_user"),
    "credential": ("credential", "key_id"),
    "error": ("error", "error_type", "error_class", "exception"),
    "message": ("error_message", "message"),
    "end": ("end",),
    "retry_after": ("retry_after", "retry-after"),
    "flags": ("response_flags",),
}  # fmt: skip
_TIMES = ("at", "ended")
# https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
_ENVOY_ENDS = {"UC": "reset", "LR": "reset", "UR": "reset", "UF": "refused", "UT": "timeout",
               "DC": "abandoned", "DT": "timeout", "SI": "timeout"}  # fmt: skip


class Columns:
    """Reads CSV with a line of names, and JSON lines."""

    name = "columns"
    reads = "access logs of nginx and Envoy as JSON lines, and any CSV or JSON lines with --columns"

    def recognises(self, file: RecordedFile) -> bool:
        if file.columns:
            return True
        found = _mapping(_names(file), {})
        return "status" in found and any(time in found for time in _TIMES)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        names = _names(file)
        mapping = _mapping(names, file.columns)
        if not any(time in mapping for time in _TIMES):
            raise UsageError(
                f"{file.path}: no column is a time. Name it with --columns at=NAME; columns: "
                + ", ".join(names)
            )
        if not file.columns:
            pairs = ", ".join(f"{field} from {column!r}" for field, column in mapping.items())
            file.note(f"columns were recognised by their names: {pairs}")
        take = _Row(mapping)
        for number, row in _rows(file):
            try:
                yield take.call(row)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])


class _Row:
    """Makes calls of rows."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._get = {field: _getter(column) for field, column in mapping.items()}

    def call(self, row: Mapping[str, Any]) -> RecordedCall:
        values = {field: get(row) for field, get in self._get.items()}
        text = {field: str(value) for field, value in values.items() if value is not None}
        seconds = _seconds(values)
        call = RecordedCall(
            at=_at(values, seconds),
            seconds=seconds,
            first_byte=_upstream_number(values.get("first_byte")),
            status=_status(values.get("status")),
            model=text.get("model", ""),
            client=text.get("client", ""),
            credential=text.get("credential", ""),
            error_type=text.get("error", ""),
            error_message=masked_message(text.get("message", "")),
            retry_after=moments.number(values.get("retry_after")),
        )
        _add_place(call, text)
        _add_end(call, text)
        if not call.status and not call.error_type and call.end == "complete":
            raise ValueError("neither a status nor an error")
        return call


def _at(values: Mapping[str, Any], seconds: float | None) -> float:
    if values.get("at") is not None:
        return moments.moment(values["at"])
    return moments.moment(values.get("ended")) - (seconds or 0.0)


def _seconds(values: Mapping[str, Any]) -> float | None:
    seconds = _upstream_number(values.get("seconds"))
    if seconds is None and (found := moments.number(values.get("milliseconds"))) is not None:
        seconds = found / 1000
    return seconds


def _upstream_number(value: Any) -> float | None:
    """The last of nginx's numbers: it writes one for each upstream that it tried."""
    if isinstance(value, str) and ("," in value or ":" in value):
        value = value.replace(":", ",").rpartition(",")[2].strip()
    return moments.number(value)


def _status(value: Any) -> int:
    found = _upstream_number(value)
    return int(found) if found and 100 <= found < 600 else 0


def _add_place(call: RecordedCall, text: Mapping[str, str]) -> None:
    method, _, rest = text.get("request", "").partition(" ")
    path, host = text.get("path") or rest.rpartition(" ")[0], text.get("host", "")
    call.method = text.get("method") or method or "POST"
    if "://" in path:
        place = place_of_address(call.method, path)
    else:
        place = place_of(call.method, host, path.partition("?")[0]) if path or host else UNKNOWN
    named = named_provider(text["provider"]) if "provider" in text else ""
    if named and named != place.provider:
        place = place_at(named, call.method, place.path)
    call.surface, call.path = place.surface, place.path
    call.provider = place.provider or provider_of_model(call.model)
    call.host = "" if call.provider else text.get("provider") or host


def _add_end(call: RecordedCall, text: Mapping[str, str]) -> None:
    end = text.get("end", "")
    if end in CALL_ENDS:
        call.end = end
    for flag in text.get("flags", "").split(","):
        # A flag without a reply of the upstream: Envoy's own status is in its place.
        if flag in _ENVOY_ENDS:
            call.end = _ENVOY_ENDS[flag]  # type: ignore[assignment] # values are ends
            call.status = call.status if flag == "DC" else 0


def parsed(text: str) -> dict[str, str]:
    """The mapping of `--columns`; raises UsageError or UnknownName.

    Either order is taken: at=when, and when=at.
    """
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        left, equals, right = pair.partition("=")
        if not equals or not left or not right:
            raise UsageError(f"--columns is written as at=when,status=code; got {pair!r}")
        if left not in FIELDS and right in FIELDS:
            left, right = right, left
        if left not in FIELDS:
            raise UnknownName("column", left, FIELDS, where="--columns")
        found[left] = right
    return found


def _mapping(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """The column of each field: the given one, or without any given the first of known names."""
    if given:
        for column in given.values():
            if names and column.split(".")[0] not in names and column not in names:
                raise UnknownName("column", column, names, where="--columns")
        return dict(given)
    folded = {name.casefold(): name for name in reversed(names)}
    found: dict[str, str] = {}
    for field, columns in FIELDS.items():
        named = next((folded[c] for c in columns if c in folded), None)
        if named is not None:
            found[field] = named
    if "at" in found and "ended" in found:
        del found["at"]
    return found


def _names(file: RecordedFile) -> list[str]:
    if file.sampled:
        return list(dict.fromkeys(name for record in file.sampled for name in record))
    first = file.head.splitlines()[0] if file.head else ""
    delimiter = _delimiter(first)
    if delimiter not in first:
        return []
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _rows(file: RecordedFile) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if file.sampled:
        yield from file.json_lines()
        return
    names = _names(file)
    delimiter = _delimiter(file.head.splitlines()[0])
    for number, line in file.lines():
        if number == 1:
            continue
        try:
            text = line.decode("utf-8")
            values = next(csv.reader(io.StringIO(text), delimiter=delimiter))
        except (UnicodeDecodeError, csv.Error, StopIteration) as error:
            file.broken.add(number, str(error))
            continue
        if len(values) != len(names):
            file.broken.add(number, f"expected {len(names)} columns, got {len(values)}")
            continue
        yield number, dict(zip(names, (value or None for value in values), strict=True))


def _getter(column: str) -> Callable[[Mapping[str, Any]], Any]:
    """Reads a column; a name with dots that is no column itself is a path into objects."""

    def get(row: Mapping[str, Any]) -> Any:
        if column in row:
            return row[column]
        value: Any = row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    return get if "." in column else lambda row: row.get(column)
