"""Exports of Portkey, Helicone and Langfuse, which differ in the names of their fields.

Fields as in https://portkey.ai/docs/product/observability/logs-export, Helicone's schema
HeliconeRequest (its OpenAPI), and Langfuse's ObservationsView (its OpenAPI).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chaos_llm.importing import field_names, moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import as_object, masked_message
from chaos_llm.recording.vendor_names import (
    named_provider,
    place_of_address,
    provider_of_model,
)

Row = Mapping[str, Any]
_PENDING, _CANCELLED = -2, -3  # statuses that Helicone gives to requests without an answer


class _Export:
    """Reads JSON lines, a JSON list, a list in a JSON object, or CSV.

    `needed` are the fields by which the format is recognised, `fields` the others that are read;
    `types` recognises a record that lacks some of the needed ones.
    """

    def __init__(
        self,
        name: str,
        reads: str,
        needed: Sequence[str],
        call: Callable[[Row], RecordedCall | None],
        *,
        fields: Sequence[str] = (),
        types: Callable[[Row], bool] | None = None,
    ) -> None:
        self.name, self.reads, self._call, self._types = name, reads, call, types
        self._needed, self._fields = needed, (*needed, *fields)

    def recognises(self, file: RecordedFile) -> bool:
        names = {field_names.folded(name) for name in file.names}
        return names >= {field_names.folded(name) for name in self._needed} or (
            self._types is not None and any(map(self._types, file.first_records))
        )

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, row in field_names.records(file, self._fields):
            try:
                call = self._call(row)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])
                continue
            if call is not None:
                if call.error_type or call.status >= 400:
                    file.secrets.note_fields(row)
                yield call


def _portkey(row: Row) -> RecordedCall:
    model = str(row.get("ai_model") or "")
    place = place_of_address("POST", str(row.get("request_url") or ""))
    milliseconds = moments.number(row.get("response_time"))
    status = int(moments.number(row.get("response_status_code")) or 0)
    if not status and row.get("is_success") is not None:
        status = 200 if str(row["is_success"]).casefold() in ("true", "1") else 500
    user = as_object(row.get("metadata")).get("_user")
    call = RecordedCall(
        at=moments.moment(row["created_at"]),
        provider=named_provider(str(row.get("ai_org") or "")) or place.provider,
        model=model,
        status=status,
        seconds=None if milliseconds is None else milliseconds / 1000,
        client=fingerprint(str(user)) if user else "",
    )
    call.provider = call.provider or provider_of_model(model)
    if status == 408:  # Portkey's own: the provider did not answer within the request's time
        call.end = "timeout"
    _add_error(call, row.get("response"))
    return call


def _helicone(row: Row) -> RecordedCall | None:
    if row.get("cache_reference_id") not in (None, "", "00000000-0000-0000-0000-000000000000"):
        return None  # an answer of Helicone's cache
    model = str(row.get("request_model") or row.get("response_model") or row.get("model") or "")
    place = place_of_address("POST", str(row.get("request_path") or ""))
    delay = moments.number(row.get("delay_ms"))
    first = moments.number(row.get("time_to_first_token"))
    user = row.get("request_user_id")
    call = RecordedCall(
        at=moments.moment(row["request_created_at"]),
        provider=named_provider(str(row.get("provider") or "")) or place.provider,
        model=model,
        status=int(moments.number(row.get("response_status")) or 0),
        seconds=None if delay is None else delay / 1000,
        first_token=first / 1000 if first else None,
        client=fingerprint(str(user)) if user else "",
    )
    call.provider = call.provider or provider_of_model(model)
    if call.status == _PENDING:
        return None
    if call.status <= 0:  # Helicone's own: no answer came, or its client left
        call.end = "abandoned" if call.status == _CANCELLED else "timeout"
        call.status = 0
    _add_error(call, row.get("response_body"))
    return call


def _langfuse(row: Row) -> RecordedCall | None:
    if str(row.get("type") or "GENERATION").upper() not in ("GENERATION", "EMBEDDING"):
        return None
    at, until = moments.moment(row["startTime"]), moments.optional_moment(row.get("endTime"))
    first = moments.optional_moment(row.get("completionStartTime"))
    model = str(row.get("model") or row.get("providedModelName") or "")
    attributes = as_object(as_object(row.get("metadata")).get("attributes"))
    named = attributes.get("gen_ai.provider.name") or attributes.get("gen_ai.system") or ""
    user = row.get("userId") or row.get("sessionId")
    failed = str(row.get("level") or "").upper() == "ERROR"
    return RecordedCall(
        at=at,
        provider=named_provider(str(named)) or provider_of_model(model),
        model=model,
        status=0 if failed else 200,
        seconds=until - at if until else None,
        first_token=first - at if first else None,
        client=fingerprint(str(user)) if user else "",
        error_type="error" if failed else "",
        error_message=masked_message(str(row.get("statusMessage") or "")) if failed else "",
    )


def _add_error(call: RecordedCall, body: Any) -> None:
    """Take the error of a reply that an export has as an object, or as the text of one."""
    found = as_object(body)
    if call.status < 400 or not found:
        return
    error = found.get("error") or found.get("body", {})
    if isinstance(error, dict):
        call.error_type = masked_message(str(error.get("type") or error.get("code") or ""))
        call.error_message = masked_message(str(error.get("message") or ""))


PORTKEY = _Export("portkey", "log exports of Portkey", ("created_at", "ai_model"), _portkey)
HELICONE = _Export(
    "helicone", "requests of Helicone", ("request_created_at", "response_status"), _helicone
)
LANGFUSE = _Export(
    "langfuse",
    "observations of Langfuse",
    ("startTime", "traceId", "level"),
    _langfuse,
    types=lambda row: "startTime" in row and row.get("type") in ("GENERATION", "SPAN"),
    fields=(
        *("endTime", "completionStartTime", "providedModelName", "userId", "sessionId"),
        "statusMessage",
    ),
)
