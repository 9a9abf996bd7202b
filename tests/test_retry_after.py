"""The wait that a refusal asks for, in the form of each vendor."""

from __future__ import annotations

import json

import pytest

from chaos_llm.protocol.messages import Chunk, Reply
from chaos_llm.protocol.retry_after import requested_wait

NOW = 1772452800.0  # 2 March 2026, 12:00 UTC
INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "4.5s"}


def reply(*headers, status=429, body=b""):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, headers, (Chunk(0.0, text),))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("retry-after", "20")], 20.0),
        ([("Retry-After", "0.5")], 0.5),
        ([("retry-after", "Mon, 02 Mar 2026 12:00:30 GMT")], 30.0),
        ([("retry-after", "1"), ("retry-after-ms", "2500")], 2.5),
        ([("x-amz-retry-after", "3000")], 3.0),
        ([("x-amz-retry-after", "60000")], 5.0),
        ([("x-ratelimit-reset", str(NOW + 12))], 12.0),
        ([("anthropic-ratelimit-requests-reset", "2026-03-02T12:01:00Z")], None),
        ([("retry-after", "Mon, 02 Mar 2026 11:00:00 GMT")], None),
        *(([("retry-after", value)], None) for value in ("0", "-3", "nan", "inf", "", "soon")),
        ([], None),
    ],
)
def test_a_header_is_read_as_the_sdks_read_it(headers, seconds):
    assert requested_wait(reply(*headers), NOW) == seconds


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]], ids=["one", "list"])
def test_googles_retry_delay_is_read_from_the_body(wrap):
    text = wrap({"error": {"code": 429, "details": [{"@type": "other"}, INFO]}})
    assert requested_wait(reply(body=text), NOW) == 4.5


@pytest.mark.parametrize(
    "body",
    [
        b"type.googleapis.com/google.rpc.RetryInfo, and no JSON",
        [INFO],
        {"error": {"details": INFO}},
        {"error": {"details": [INFO | {"retryDelay": "later"}]}},
        {"error": str(INFO)},
    ],
)
def test_a_body_that_only_resembles_retry_info_is_ignored(body):
    assert requested_wait(reply(body=body), NOW) is None


def test_only_a_refusal_has_a_requested_wait():
    assert requested_wait(reply(("retry-after", "20"), status=200), NOW) is None
