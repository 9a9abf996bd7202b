"""Logs of LiteLLM: the payloads of its callbacks, and rows of its table LiteLLM_SpendLogs.

Fields as in litellm/types/utils.py (StandardLoggingPayload) and its schema.prisma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.importing import field_names, moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import as_object, masked_message
from chaos_llm.recording.vendor_names import (
    named_provider,
    place_of_address,
    provider_of_model,
)

_NEEDED = frozenset({"startTime", "endTime", "model"})
_ITS_OWN = frozenset(
    ("call_type", "custom_llm_provider", "api_base", "error_information", "response_cost")
)
_FIELDS = (*_NEEDED, "completionStartTime")
# What the proxy's server writes into its logs: 10.0.0.1:51234 - "POST /v1/messages HTTP/1.1" 200
_SERVED = re.compile(r'"([A-Z]+) (\S+) HTTP/[\d.]+" (\d{3})')
_STREAMS = {"true": True, "false": False}
_LOG_FIELDS = frozenset({"message", "level", "timestamp"})


class LiteLlmLog:
    """Reads JSON lines, or one JSON list."""

    name = "litellm"
    reads = "logs of LiteLLM's proxy (JSON lines)"

    def recognises(self, file: RecordedFile) -> bool:
        return _is_log(file) or (
            {field_names.folded(name) for name in _NEEDED} <= _folded(file)
            and bool(_ITS_OWN & _folded(file))
        )

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        is_log = _is_log(file)
        for number, row in field_names.records(file, _FIELDS):
            try:
                call = _served(row, file) if is_log else _call(row, file)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])
                continue
            if call is not None:
                if call.error_type:
                    file.secrets.note_fields(row)
                yield call


def _folded(file: RecordedFile) -> set[str]:
    return {field_names.folded(name) for name in file.names}


def _is_log(file: RecordedFile) -> bool:
    """Whether it is what the proxy prints with `json_logs: true`."""
    return set(file.names) >= _LOG_FIELDS and any(
        set(each) >= _LOG_FIELDS
        and ("LiteLLM" in f"{each}" or _SERVED.search(str(each["message"])))
        for each in file.sampled
    )


def _served(row: Mapping[str, Any], file: RecordedFile) -> RecordedCall | None:
    """The call in a line of the proxy's server, dated by its end; None for other lines."""
    found = _SERVED.search(str(row.get("message")))
    if found is None:
        return None
    file.note(
        "logs of the proxy's server have no latencies and no models; its spend logs have them"
    )
    method, path, status = found.groups()
    place = place_of_address(method, path)
    return RecordedCall(
        at=moments.moment(row.get("timestamp")),
        provider=place.provider,
        surface=place.surface,
        method=method,
        path=place.path,
        status=int(status),
    )


def _call(row: Mapping[str, Any], file: RecordedFile) -> RecordedCall | None:
    if row.get("cache_hit") in (True, "True", "true"):
        file.note("answers from a cache are left out")
        return None
    at, until = moments.moment(row.get("startTime")), moments.optional_moment(row.get("endTime"))
    metadata = as_object(row.get("metadata"))
    failure = as_object(row.get("error_information")) or as_object(
        metadata.get("error_information")
    )
    failure = {name: value for name, value in failure.items() if value}  # texts are empty without
    failed = str(row.get("status") or metadata.get("status") or ("failure" if failure else ""))
    place = place_of_address("POST", str(row.get("api_base") or ""))
    model = str(row.get("model") or "")
    call = RecordedCall(
        at=at,
        provider=_provider(row, failure, model) or place.provider,
        model=model.rpartition("/")[2],
        seconds=moments.number(row.get("response_time")) or (until - at if until else None),
        stream=_STREAMS.get(str(row.get("stream")).casefold()),
        client=_client(row),
        reply_id=str(row.get("id") or row.get("request_id") or ""),  # the latter in spend logs
    )
    first = moments.optional_moment(row.get("completionStartTime"))
    if first is not None and until is not None and at < first < until and failed != "failure":
        call.first_token = first - at
        tokens = moments.number(row.get("completion_tokens")) or 0
        call.token = (until - first) / (tokens - 1) if tokens > 1 else None
    if failed.casefold() == "failure":
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
