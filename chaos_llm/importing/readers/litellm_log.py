"""Logs of LiteLLM: the payloads of its callbacks, and rows of its table LiteLLM_SpendLogs.

Fields as in litellm/types/utils.py (StandardLoggingPayload) and its schema.prisma.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import masked_message
from chaos_llm.recording.vendor_names import (
    named_provider,
    place_of_address,
    provider_of_model,
)

_NEEDED = {"startTime", "endTime", "model"}
_ITS_OWN = {"call_type", "custom_llm_provider", "api_base", "error_information", "response_cost"}


class LiteLlmLog:
    """Reads JSON lines, or one JSON list."""

    name = "litellm"
    reads = "logs of LiteLLM's proxy (JSON lines)"

    def recognises(self, file: RecordedFile) -> bool:
        if file.sampled:
            return any(set(each) >= _NEEDED and _ITS_OWN & set(each) for each in file.sampled)
        return all(f'"{key}"' in file.head for key in _NEEDED) and '"call_type"' in file.head

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, row in file.objects("item", "data.item"):
            try:
                call = _call(row, file)
            except (AttributeError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])
                continue
            if call is not None:
                yield call


def _call(row: Mapping[str, Any], file: RecordedFile) -> RecordedCall | None:
    if row.get("cache_hit") in (True, "True", "true"):
        file.note("answers from a cache are left out")
        return None
    at, until = moments.moment(row.get("startTime")), moments.optional_moment(row.get("endTime"))
    metadata = row.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    failure = row.get("error_information") or metadata.get("error_information") or {}
    place = place_of_address("POST", str(row.get("api_base") or ""))
    model = str(row.get("model") or "")
    call = RecordedCall(
        at=at,
        provider=_provider(row, failure, model) or place.provider,
        model=model.rpartition("/")[2],
        seconds=moments.number(row.get("response_time")) or (until - at if until else None),
        stream=row.get("stream") if isinstance(row.get("stream"), bool) else None,
        client=_client(row),
    )
    first = moments.optional_moment(row.get("completionStartTime"))
    if first is not None and until is not None and at < first < until:
        call.first_token = first - at
        tokens = moments.number(row.get("completion_tokens")) or 0
        call.token = (until - first) / (tokens - 1) if tokens > 1 else None
    if row.get("status", metadata.get("status")) == "failure" or failure:
        _add_failure(call, row, failure)
    else:
        call.status = 200
    return call


def _provider(row: Mapping[str, Any], failure: Mapping[str, Any], model: str) -> str:
    named = row.get("custom_llm_provider") or failure.get("llm_provider") or ""
    return named_provider(str(named)) or provider_of_model(model)


def _client(row: Mapping[str, Any]) -> str:
    return str(row.get("end_user") or row.get("user") or "")


def _add_failure(call: RecordedCall, row: Mapping[str, Any], failure: Mapping[str, Any]) -> None:
    code = moments.number(failure.get("error_code") or failure.get("code"))
    call.status = int(code) if code and 100 <= code < 600 else 0
    call.error_type = str(failure.get("error_class") or "error")
    message = failure.get("error_message") or row.get("error_str") or ""
    call.error_message = masked_message(str(message))
    if call.status == 408 or "timeout" in call.error_type.casefold():
        call.end = "timeout"  # LiteLLM's own: the client gave up
