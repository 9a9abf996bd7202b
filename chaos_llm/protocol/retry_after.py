"""The time after which a refusal asks its client to retry, in headers or body, as SDKs read it.

    requested_wait(reply, now=1772451420.0) -> 20.0

`now` is the Unix time at which the headers arrive, given by the caller: nothing here reads a clock.
"""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import Any

from chaos_llm.protocol.messages import Reply

_MOST_OF_AWS = 5.0  # seconds; botocore waits at most so much longer than its own backoff
_HEADERS = frozenset(("retry-after-ms", "retry-after", "x-amz-retry-after", "x-ratelimit-reset"))
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def requested_wait(reply: Reply, now: float) -> float | None:
    """The seconds that a reply asks its client to wait; None without such a time or if it is past.

    It is read as the vendors' SDKs read it: `retry-after-ms` before `retry-after` (seconds or an
    HTTP date), Amazon's `x-amz-retry-after`, Cohere's `x-ratelimit-reset` (Unix seconds), and
    Google's RetryInfo in the body. Headers that only report the state of a quota, such as
    `anthropic-ratelimit-requests-reset`, are read by none of them, and not here.
    """
    if reply.status < 400:
        return None
    if _HEADERS.isdisjoint(reply.header_names):
        return _if_positive(_in_body(reply.body))
    headers = {name.lower(): value for name, value in reply.headers}
    return (
        _if_positive(_number(headers.get("retry-after-ms")), 0.001)
        or _if_positive(_number(headers.get("retry-after")))
        or _if_positive(_until(headers.get("retry-after"), now))
        or _of_aws(headers)
        or _if_positive(_number(headers.get("x-ratelimit-reset")) - now)
        or _if_positive(_in_body(reply.body))
    )


def _if_positive(wait: float, unit: float = 1.0) -> float | None:
    return wait * unit if 0 < wait < math.inf else None


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _until(date: str | None, now: float) -> float:
    if not date:
        return math.nan
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return math.nan


def _of_aws(headers: dict[str, str]) -> float | None:
    wait = _if_positive(_number(headers.get("x-amz-retry-after")), 0.001)
    return wait and min(wait, _MOST_OF_AWS)


def _in_body(body: bytes) -> float:
    """The `retryDelay` ("4s") of Google's RetryInfo; the error may be the first item of a list."""
    if _RETRY_INFO.encode() not in body:
        return math.nan
    try:
        content: Any = json.loads(body)
    except ValueError:
        return math.nan
    content = content[0] if isinstance(content, list) and content else content
    error = content.get("error") if isinstance(content, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("@type") == _RETRY_INFO:
            return _number(str(detail.get("retryDelay", "")).removesuffix("s"))
    return math.nan
