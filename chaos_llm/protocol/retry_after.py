"""When a refusal asks its client to try again: in headers or in its body, as SDKs read them.

    told_wait(reply, now=1772451420.0) -> 20.0

`now` is the Unix time at which the headers arrive, given by the caller: nothing here reads a clock.
"""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import Any

from chaos_llm.protocol.messages import Reply

_AT_MOST_OF_AWS = 5.0  # botocore waits so much longer than its own backoff, and no more
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def requested_wait(reply: Reply, now: float) -> float | None:
    """The seconds that a reply asks its client to wait; None where it does not, or in the past.

    Read as the vendors' SDKs do: `retry-after-ms` before `retry-after` (seconds or an HTTP date),
    Amazon's `x-amz-retry-after`, Cohere's `x-ratelimit-reset` (Unix seconds), and Google's
    RetryInfo in the body. Headers that only show the state of a quota, such as
    `anthropic-ratelimit-requests-reset`, are used by no SDK and are not read.
    """
    if reply.status < 400:
        return None
    headers = {name.lower(): value for name, value in reply.headers}
    return (
        _some(_number(headers.get("retry-after-ms")), 0.001)
        or _some(_number(headers.get("retry-after")))
        or _some(_until(headers.get("retry-after"), now))
        or _of_aws(headers)
        or _some(_number(headers.get("x-ratelimit-reset")) - now)
        or _some(_in_body(reply.body))
    )


def _some(wait: float, unit: float = 1.0) -> float | None:
    return wait * unit if 0 < wait < math.inf else None


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _until(date: str | None, now: float) -> float:
    try:
        return parsedate_to_datetime(date or "").timestamp() - now
    except ValueError:
        return math.nan


def _of_aws(headers: dict[str, str]) -> float | None:
    wait = _some(_number(headers.get("x-amz-retry-after")), 0.001)
    return wait and min(wait, _AT_MOST_OF_AWS)


def _in_body(body: bytes) -> float:
    """The `retryDelay` ("4s") of Google's RetryInfo; its details may be in a list of errors."""
    if _RETRY_INFO.encode() not in body:
        return math.nan
    try:
        said: Any = json.loads(body)
    except ValueError:
        return math.nan
    said = said[0] if isinstance(said, list) and said else said
    error = said.get("error") if isinstance(said, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("@type") == _RETRY_INFO:
            return _number(str(detail.get("retryDelay", "")).removesuffix("s"))
    return math.nan
