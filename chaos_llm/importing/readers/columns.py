"""Any CSV, and any JSON lines, by the names of their columns: access logs of nginx and Envoy, too.

`--columns at=when,status=code,milliseconds=latency_ms` names them; common names are found without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.importing import moments
from chaos_llm.importing.field_names import folded
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import CALL_ENDS, RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import (
    UNKNOWN,
    is_vendors,
    named_provider,
    place_at,
    place_of,
    place_of_address,
    provider_of_model,
)

# What is read, and the names of columns that mean it, as `field_names.folded` writes them; the
# first that has a value in a row counts. Those of nginx and Envoy come first.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "at": ("start_time", "start_utc", "at", "when", "timestamp", "time", "date", "started_at",
           "ts", "datetime", "created_at"),
    "ended": ("time_iso8601", "msec", "time_local"),  # nginx writes them when a call has ended
    "status": ("upstream_status", "origin_status", "response_code", "status", "status_code", "code",
               "http_status", "response_status", "downstream_status",
               "http_response_status_code"),
    "provider": ("provider", "vendor", "llm_provider"),
    "model": ("model", "request_model", "model_name"),
    "seconds": ("upstream_response_time", "request_time", "seconds", "duration_s", "latency_s",
                "duration_seconds", "response_time"),
    "milliseconds": ("duration", "latency_ms", "duration_ms", "milliseconds", "ms",
                     "response_time_ms", "elapsed_ms", "latency"),
    "nanoseconds": ("origin_duration", "event_duration"),  # Traefik; the Elastic schema
    "first_byte": ("upstream_header_time", "ttfb", "first_byte"),
    "connected": ("upstream_connect_time",),
    "host": ("authority", "upstream_host", "proxy_host", "upstream_cluster", "host", "http_host",
             "request_host", "server_name", "vhost", "requested_server_name", "url_domain"),
    "path": ("path", "uri", "request_uri", "x_envoy_origin_path", "x_envoy_original_path", "url",
             "address", "request_path", "url_path", "url_original"),
    "request": ("request",),
    "method": ("method", "request_method", "http_request_method"),
    "client": ("user", "client", "user_id", "session", "end_user"),
    "credential": ("credential", "key_id"),
    "error": ("error", "error_type", "error_class", "exception"),
    "message": ("error_message", "message"),
    "end": ("end",),
    "retry_after": ("retry_after",),
    "flags": ("response_flags",),
    "reply_id": ("upstream_http_request_id", "upstream_http_x_request_id", "response_id",
                 "x_request_id", "request_id", "req_id"),
}  # fmt: skip
_TIMES = ("at", "ended")
_CLIENT_CLOSED = 499  # nginx: the client closed the connection
_WELL = frozenset(("success", "succeeded", "successful", "ok", "completed", "complete"))
_BADLY = frozenset(("error", "failed", "failure", "timeout"))
_DEEPEST = 3  # objects within each other in which columns are looked for
# https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
_ENVOY_ENDS = {"UC": "reset", "LR": "reset", "UR": "reset", "UF": "refused", "UT": "timeout",
               "DC": "abandoned", "DT": "timeout", "SI": "timeout"}  # fmt: skip


class Columns:
    """Reads CSV with a line of names, JSON lines, and JSON lists."""

    name = "columns"
    reads = "access logs of nginx and Envoy as JSON lines, and any CSV or JSON lines with --columns"

    def recognises(self, file: RecordedFile) -> bool:
        if file.columns:
            return True
        found = mapping(_names(file))
        return "status" in found and any(time in found for time in _TIMES)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        names = _names(file)
        columns = mapping(names, file.columns)
        if not any(time in columns for time in _TIMES):
            raise UsageError(
                f"{file.path}: no column is a time. Name it with --columns at=NAME; columns: "
                + ", ".join(names)
            )
        if not file.columns:
            pairs = (f"{field} from {', '.join(map(repr, c))}" for field, c in columns.items())
            file.note(f"columns were recognised by their names: {', '.join(pairs)}")
        take = Row(columns)
        for number, row in file.records():
            try:
                call = take.call(row)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])
                continue
            if call.status >= 400 or call.error_type:
                file.secrets.note_fields(row)
            yield call


class Row:
    """Makes calls of rows; a mapping names the columns of each field."""

    def __init__(self, mapping: Mapping[str, Sequence[str]]) -> None:
        self._get = {
            field: tuple(_getter(column) for column in columns)
            for field, columns in mapping.items()
        }
        self._is_nginx = "first_byte" in mapping and "ended" in mapping

    def call(self, row: Mapping[str, Any]) -> RecordedCall:
        values = {field: _first_value(row, gets) for field, gets in self._get.items()}
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
            error_type=text.get("error") or _failed(values.get("status")),
            error_message=masked_message(text.get("message", "")),
            retry_after=moments.number(values.get("retry_after")),
            reply_id=text.get("reply_id", ""),
        )
        hosts = [str(v) for get in self._get.get("host", ()) if not _is_empty(v := get(row))]
        _add_place(call, text, hosts)
        if self._is_nginx:
            _add_end_of_nginx(call, connected=_upstream_number(values.get("connected")))
        _add_end(call, text)
        if not call.status and not call.error_type and call.end == "complete":
            raise ValueError("neither a status nor an error")
        return call


def _first_value(row: Mapping[str, Any], gets: Sequence[Callable[[Any], Any]]) -> Any:
    """The value of the first column that has one."""
    for get in gets:
        if not _is_empty(value := get(row)):
            return value
    return None


def _is_empty(value: Any) -> bool:
    return value in (None, "", "-") or isinstance(value, dict | list)


def _at(values: Mapping[str, Any], seconds: float | None) -> float:
    if values.get("at") is not None:
        return moments.moment(values["at"])
    return moments.moment(values.get("ended")) - (seconds or 0.0)


def _seconds(values: Mapping[str, Any]) -> float | None:
    if (nanoseconds := moments.number(values.get("nanoseconds"))) is not None:
        return nanoseconds / 1e9
    seconds = _upstream_number(values.get("seconds"))
    if seconds is None and (found := moments.number(values.get("milliseconds"))) is not None:
        seconds = found / 1000
    return seconds


def _upstream_number(value: Any) -> float | None:
    """The last of nginx's numbers: it writes one for each upstream that it tried."""
    if isinstance(value, str) and ("," in value or ":" in value):
        value = value.replace(":", ",").rpartition(",")[2].strip()
    return moments.number(value)


def _failed(status: Any) -> str:
    """The word for a failure in the place of a status."""
    return status if isinstance(status, str) and status.casefold() in _BADLY else ""


def _status(value: Any) -> int:
    """The status; tables that have words in its place, as of traces, say so of successes, too."""
    if isinstance(value, str) and value.casefold() in _WELL:
        return 200
    found = _upstream_number(value)
    return int(found) if found and 100 <= found < 600 else 0


def _add_place(call: RecordedCall, text: Mapping[str, str], hosts: Sequence[str]) -> None:
    method, _, rest = text.get("request", "").partition(" ")
    path = text.get("path") or rest.rpartition(" ")[0]
    host = next((h for h in map(_host, hosts) if is_vendors(h)), hosts[0] if hosts else "")
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


def _host(name: str) -> str:
    """The host in the name of an upstream: outbound|443||api.openai.com in Istio."""
    return name.rpartition("|")[2]


def _add_end_of_nginx(call: RecordedCall, *, connected: float | None) -> None:
    """Tell nginx's own replies from those of the vendor: no header of an upstream had come."""
    if call.first_byte is not None:
        if call.status == _CLIENT_CLOSED:
            call.status, call.end = 200, "abandoned"
    elif call.status == 504:
        call.status, call.end = 0, "connect_timeout" if connected is None else "timeout"
    elif call.status == 502:
        call.status, call.end = 0, "refused" if connected is None else "reset"


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


def mapping(
    names: Sequence[str], given: Mapping[str, str] | None = None
) -> dict[str, tuple[str, ...]]:
    """The columns of each field: the given one, or without any given those of known names."""
    if given:
        for column in given.values():
            if names and column.split(".")[0] not in names and column not in names:
                raise UnknownName("column", column, names, where="--columns")
        return {field: (column,) for field, column in given.items()}
    known = {folded(name): name for name in reversed(names)}
    found = {
        field: tuple(known[column] for column in columns if column in known)
        for field, columns in FIELDS.items()
    }
    if found["at"] and found["ended"]:
        del found["at"]
    return {field: columns for field, columns in found.items() if columns}


def _names(file: RecordedFile) -> list[str]:
    """The columns, with those in the objects of JSON records as paths: http.response.status."""
    found = dict.fromkeys(file.names)
    for record in file.first_records:
        found |= dict.fromkeys(_paths(record))
    return list(found)


def _paths(record: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, dict) and before.count(".") < _DEEPEST:
            yield from _paths(value, f"{before}{name}.")
        elif before:
            yield f"{before}{name}"


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
