"""Spans in other forms than OTLP's: as OpenTelemetry's Python SDK prints them, and as Jaeger does.

https://opentelemetry-python.readthedocs.io (ReadableSpan.to_json, ConsoleSpanExporter) and
https://www.jaegertracing.io/docs/latest/apis/ (the JSON that its page downloads).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos_llm.importing import moments

PRINTED = frozenset({"context", "start_time", "end_time", "attributes"})
_JAEGERS = frozenset({"traceID", "startTime", "duration", "tags"})


def is_printed(record: Mapping[str, Any]) -> bool:
    """Whether a record is a span as the SDK prints it."""
    return record.keys() >= PRINTED and isinstance(record["attributes"], dict)


def as_otlp(span: Mapping[str, Any]) -> Mapping[str, Any]:
    """The span with the names of OTLP; one that has them already is left as it is."""
    if is_printed(span):
        return _of_printed(span)
    if span.keys() >= _JAEGERS:
        return _of_jaeger(span)
    return span


def _of_printed(span: Mapping[str, Any]) -> dict[str, Any]:
    status = span.get("status") or {}
    return {
        "startTimeUnixNano": _nanoseconds(span["start_time"]),
        "endTimeUnixNano": _nanoseconds(span["end_time"]),
        "attributes": _pairs(span["attributes"]),
        "status": {"code": status.get("status_code"), "message": status.get("description")},
        "events": [
            {
                "name": event.get("name"),
                "timeUnixNano": _nanoseconds(event["timestamp"]),
                "attributes": _pairs(event.get("attributes") or {}),
            }
            for event in span.get("events") or ()
        ],
    }


def _of_jaeger(span: Mapping[str, Any]) -> dict[str, Any]:
    """Times are microseconds; the status is a tag, and events are logs with fields."""
    tags = {tag["key"]: tag.get("value") for tag in span["tags"] or ()}
    failed = tags.get("otel.status_code") == "ERROR" or tags.get("error") in (True, "true")
    events = []
    for log in span.get("logs") or ():
        fields = {field["key"]: field.get("value") for field in log.get("fields") or ()}
        nanoseconds = int(log["timestamp"]) * 1000
        name = fields.get("event")
        events.append(
            {"name": name, "timeUnixNano": nanoseconds, "attributes": _pairs(fields)},
        )
    return {
        "startTimeUnixNano": int(span["startTime"]) * 1000,
        "endTimeUnixNano": (int(span["startTime"]) + int(span["duration"])) * 1000,
        "attributes": _pairs(tags),
        "status": {
            "code": "ERROR" if failed else "OK",
            "message": tags.get("otel.status_description"),
        },
        "events": events,
    }


def _nanoseconds(when: object) -> int:
    return round(1e9 * moments.moment(when))


def _pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in values.items()]
