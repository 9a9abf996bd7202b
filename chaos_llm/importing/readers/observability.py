"""Exports of Portkey, Helicone and Langfuse, which differ in the names of their fields.

Fields as in https://portkey.ai/docs/product/observability/logs-export, Helicone's schema
HeliconeRequest (its OpenAPI), and Langfuse's ObservationsView (its OpenAPI).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import (
    named_provider,
    place_of_address,
    provider_of_model,
)

Row = Mapping[str, Any]
_LISTS = ("item", "data.item", "logs.item", "observations.item")


class _Export:
    """Reads JSON lines, a JSON list, or a list in a JSON object."""

    def __init__(self, name: str, reads: str, needed: set[str], call: Callable[[Row], Any]) -> None:
        self.name, self.reads, self._needed, self._call = name, reads, needed, call

    def recognises(self, file: RecordedFile) -> bool:
        if any(set(each) >= self._needed for each in file.sampled):
            return True
        return all(f'"{name}"' in file.head for name in self._needed)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, row in file.objects(*_LISTS):
            try:
                call = self._call(row)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])
                continue
            if call is not None:
                yield call


def _portkey(row: Row) -> RecordedCall:
    model = str(row.get("ai_model") or "")
    place = place_of_address("POST", str(row.get("request_url") or ""))
    milliseconds = moments.number(row.get("response_time"))
    status = int(moments.number(row.get("response_status_code")) or 0)
    if not status and row.get("is_success") is not None:
        status = 200 if row["is_success"] in (True, 1, "true") else 500
    metadata = row.get("metadata")
    user = metadata.get("_user") if isinstance(metadata, dict) else None
    call = RecordedCall(
        at=moments.moment(row["created_at"]),
        provider=named_provider(str(row.get("ai_org") or "")) or place.provider,
        model=model,
        status=status,
        seconds=None if milliseconds is None else milliseconds / 1000,
        client=fingerprint(str(user)) if user else "",
    )
    call.provider = call.provider or provider_of_model(model)
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
    if call.status in (-1, -2, -3, -4, 0):  # Helicone's own: no answer came, or it was cancelled
        call.status, call.end = 0, "timeout"
    _add_error(call, row.get("response_body"))
    return call


def _langfuse(row: Row) -> RecordedCall | None:
    if str(row.get("type") or "GENERATION").upper() not in ("GENERATION", "EMBEDDING"):
        return None
    at, until = moments.moment(row["startTime"]), moments.optional_moment(row.get("endTime"))
    first = moments.optional_moment(row.get("completionStartTime"))
    model = str(row.get("model") or row.get("providedModelName") or "")
    metadata = row.get("metadata") if isinstance(row.get("metadata"), dict) else {}
    attributes = (metadata or {}).get("attributes")
    named = (attributes or {}).get("gen_ai.system", "") if isinstance(attributes, dict) else ""
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
    """Take the error of a reply that an export has as an object."""
    if call.status < 400 or not isinstance(body, dict):
        return
    error = body.get("error") or body.get("body", {})
    if isinstance(error, dict):
        call.error_type = masked_message(str(error.get("type") or error.get("code") or ""))
        call.error_message = masked_message(str(error.get("message") or ""))


PORTKEY = _Export("portkey", "log exports of Portkey", {"created_at", "ai_model"}, _portkey)
HELICONE = _Export(
    "helicone", "requests of Helicone", {"request_created_at", "response_status"}, _helicone
)
LANGFUSE = _Export(
    "langfuse", "observations of Langfuse", {"startTime", "traceId", "level"}, _langfuse
)
