"""Spans of OpenTelemetry's GenAI conventions as OTLP JSON: one document, or a line for each export.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ and the OTLP/JSON of the collector's file
exporter. Spans of OpenLLMetry and of other tools that have the same attributes are read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import named_provider, place_of, provider_of_model

_SPANS = (
    "resourceSpans.item.scopeSpans.item.spans.item",
    "resource_spans.item.scope_spans.item.spans.item",
)
_NO_CALLS = ("invoke_agent", "execute_tool", "create_agent", "invoke_workflow")
_ERROR = (2, "STATUS_CODE_ERROR", "ERROR")
_FIRST = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.response.time_to_first_token",
    "gen_ai.server.time_to_first_token",
    "llm.time_to_first_token",
)


class OtlpSpans:
    """Reads spans with an attribute of `gen_ai`; all others are left out."""

    name = "otlp"
    reads = "OpenTelemetry GenAI spans (OTLP JSON)"

    def recognises(self, file: RecordedFile) -> bool:
        return '"resourceSpans"' in file.head or '"resource_spans"' in file.head

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, span in self._spans(file):
            try:
                call = _call(span)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no span: {error!r:.120}")
                continue
            if call is not None:
                yield call

    @staticmethod
    def _spans(file: RecordedFile) -> Iterator[tuple[int, Any]]:
        if not file.sampled:
            yield from file.json_items(*_SPANS)
            return
        for number, export in file.json_lines():
            for resource in export.get("resourceSpans") or export.get("resource_spans") or ():
                for scope in resource.get("scopeSpans") or resource.get("scope_spans") or ():
                    yield from ((number, span) for span in scope.get("spans") or ())


def _call(span: Mapping[str, Any]) -> RecordedCall | None:
    attributes = {pair["key"]: _value(pair.get("value")) for pair in span.get("attributes") or ()}
    named = attributes.get("gen_ai.provider.name") or attributes.get("gen_ai.system")
    operation = attributes.get("gen_ai.operation.name")
    if (not named and not operation) or operation in _NO_CALLS:
        return None
    at = moments.moment(int(span["startTimeUnixNano"]))
    model = str(
        attributes.get("gen_ai.request.model") or attributes.get("gen_ai.response.model") or ""
    )
    host = str(attributes.get("server.address") or "")
    place = place_of("POST", host, str(attributes.get("url.path") or "/"))
    call = RecordedCall(
        at=at,
        provider=named_provider(str(named or "")) or place.provider or provider_of_model(model),
        model=model,
        host=host,
        seconds=max(0.0, moments.moment(int(span["endTimeUnixNano"])) - at),
        stream=attributes.get("gen_ai.request.stream"),
        client=_client(attributes),
    )
    call.first_token = next((f for n in _FIRST if (f := moments.number(attributes.get(n)))), None)
    _add_status(call, span, attributes)
    return call


def _add_status(call: RecordedCall, span: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    status = span.get("status") or {}
    code = moments.number(
        attributes.get("http.response.status_code") or attributes.get("http.status_code")
    )
    call.status = int(code) if code and 100 <= code < 600 else 0
    failed = status.get("code") in _ERROR or bool(attributes.get("error.type"))
    if failed:
        error = str(attributes.get("error.type") or "error")
        if error.isdecimal() and not call.status:
            call.status = int(error)
        call.error_type = masked_message(error)
        call.error_message = masked_message(f"{status.get('message') or ''} {_exception(span)}")
        if call.status < 400:
            call.status = 0
    elif not call.status:
        call.status = 200


def _exception(span: Mapping[str, Any]) -> str:
    """The name and the message of the exception that a span has as an event."""
    for event in span.get("events") or ():
        if event.get("name") == "exception":
            found = {p["key"]: _value(p.get("value")) for p in event.get("attributes") or ()}
            kind, message = found.get("exception.type", ""), found.get("exception.message", "")
            return f"{kind} {message}"
    return ""


def _client(attributes: Mapping[str, Any]) -> str:
    for name in ("enduser.id", "user.id", "session.id", "gen_ai.conversation.id"):
        if attributes.get(name):
            return fingerprint(str(attributes[name]))
    return ""


def _value(value: Any) -> Any:
    """The value of an attribute: {"stringValue": ...} and its siblings."""
    if not isinstance(value, dict):
        return value
    for kind, found in value.items():
        return int(found) if kind == "intValue" else found
    return None
