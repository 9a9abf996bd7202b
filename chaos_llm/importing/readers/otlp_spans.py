"""Spans of OpenTelemetry's GenAI conventions as OTLP JSON: one document, or a line for each export.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ and the OTLP/JSON of the collector's file
exporter. Spans of OpenLLMetry and of other tools that have the same attributes are read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos_llm.importing import moments, span_forms
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import named_provider, place_of, provider_of_model

# Where the resources of an export are, and in them the spans: in OTLP, in its older versions, and
# in what Tempo and others give for a trace.
_ROOTS = ("resourceSpans", "resource_spans", "batches")
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
_JAEGERS = ("traceID", "spans", "operationName")  # in the JSON of Jaeger
_START = '"startTimeUnixNano"'
_CALLS = ("chat", "text_completion", "generate_content", "embeddings")
_NO_CALLS = ("invoke_agent", "execute_tool", "create_agent", "invoke_workflow")
_ERROR = (2, "STATUS_CODE_ERROR", "ERROR")
_FIRST = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.response.time_to_first_token",
    "gen_ai.server.time_to_first_token",
    "llm.time_to_first_token",
)
_SYSTEMS = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
_MODELS = ("gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "ai.model.id")
_STREAMS = ("gen_ai.request.stream", "llm.is_streaming", "gen_ai.is_streaming")
_CHUNK_EVENTS = ("chunk", "first token")  # words in the names of events of a stream


class OtlpSpans:
    """Reads spans with an attribute of `gen_ai`; all others are left out."""

    name = "otlp"
    reads = "OpenTelemetry GenAI spans (OTLP JSON, the JSON of the SDK and of Jaeger)"

    def recognises(self, file: RecordedFile) -> bool:
        if all(f'"{name}"' in file.head for name in _JAEGERS) or _is_printed(file):
            return True
        if _START in file.head and '"attributes"' in file.head:
            return True
        has_root = any(f'"{root}"' in file.head for root in _ROOTS)
        return has_root and any(f'"{name}"' in file.head for name in (*_SCOPES, "resource"))

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, span in self._spans(file):
            try:
                call = _call(span_forms.as_otlp(span))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no span: {error!r:.120}")
                continue
            if call is not None:
                if call.error_type:
                    file.secrets.note_fields(span)
                yield call

    @staticmethod
    def _spans(file: RecordedFile) -> Iterator[tuple[int, Any]]:
        if _is_printed(file):
            yield from file.records()
            return
        if file.sampled:
            for number, export in file.json_lines():
                yield from ((number, span) for span in _spans_in(export))
            return
        before = ("", "item.", "trace.", "data.")  # one export, a list of them, a trace by its id
        places = [
            f"{start}{root}.item.{scope}.item.spans.item"
            for root in _ROOTS
            if f'"{root}"' in file.head
            for scope in _SCOPES
            for start in before
        ]
        # Jaeger, and spans without what is around them in an export.
        places += ["data.item.spans.item", "item.spans.item", "spans.item", "item", ""]
        yield from file.json_items(*places)


def _is_printed(file: RecordedFile) -> bool:
    """Whether spans are as the SDK prints them; other documents are not searched for records."""
    return all(f'"{name}"' in file.head for name in span_forms.PRINTED) and any(
        map(span_forms.is_printed, file.first_records)
    )


def _spans_in(value: Any) -> Iterator[Any]:
    """The spans of an export, or of a list of exports."""
    if isinstance(value, list):
        for item in value:
            yield from _spans_in(item)
    elif isinstance(value, dict):
        if "startTimeUnixNano" in value:
            yield value
        for name in (*_ROOTS, *_SCOPES, "trace", "data"):
            yield from _spans_in(value.get(name))
        yield from value.get("spans") or ()


def _call(span: Mapping[str, Any]) -> RecordedCall | None:
    attributes = {pair["key"]: _value(pair.get("value")) for pair in span.get("attributes") or ()}
    named = str(_first(attributes, _SYSTEMS) or "")
    if not _is_call(attributes, named):
        return None
    at = moments.moment(int(span["startTimeUnixNano"]))
    model = str(_first(attributes, _MODELS) or "")
    host = str(attributes.get("server.address") or "")
    place = place_of("POST", host, str(attributes.get("url.path") or "/"))
    call = RecordedCall(
        at=at,
        provider=_provider(named) or place.provider or provider_of_model(model),
        model=model,
        host=host,
        seconds=max(0.0, moments.moment(int(span["endTimeUnixNano"])) - at),
        stream=_first(attributes, _STREAMS),
        client=_client(attributes),
        reply_id=str(attributes.get("gen_ai.response.id") or ""),
    )
    call.first_token = next((f for n in _FIRST if (f := moments.number(attributes.get(n)))), None)
    if call.first_token is None:
        call.first_token = _first_chunk(span, at)
    _add_status(call, span, attributes)
    return call


def _is_call(attributes: Mapping[str, Any], named: str) -> bool:
    """Whether a span is a call to a model: not an agent's, a tool's or a chain's."""
    kind = attributes.get("openinference.span.kind")
    if kind is not None:
        return str(kind).upper() in ("LLM", "EMBEDDING")
    if attributes.get("traceloop.span.kind") is not None:
        return False  # OpenLLMetry's workflows, agents and tools; its calls have no kind
    operation = attributes.get("gen_ai.operation.name")
    if operation is None or operation in _CALLS:
        return bool(named or operation or attributes.get(_MODELS[0]))
    return operation not in _NO_CALLS and _first(attributes, _MODELS) is not None


def _provider(name: str) -> str:
    """The provider of a system; some tools add the API: openai.chat, anthropic.messages."""
    return named_provider(name) or named_provider(name.partition(".")[0])


def _first(attributes: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((found for name in names if (found := attributes.get(name)) is not None), None)


def _first_chunk(span: Mapping[str, Any], at: float) -> float | None:
    """Seconds to the first event that says that a piece of the answer came."""
    for event in span.get("events") or ():
        if any(word in str(event.get("name")).casefold() for word in _CHUNK_EVENTS):
            since = moments.moment(int(event["timeUnixNano"])) - at
            return since if since > 0 else None
    return None


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
