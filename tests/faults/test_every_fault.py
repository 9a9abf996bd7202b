"""What all faults have in common, as tables: what each does is in the file of its name."""

from __future__ import annotations

from datetime import datetime

import pytest

from chaos_llm import faults
from chaos_llm.errors import Unsupported, UsageError
from chaos_llm.faults import FAULTS
from chaos_llm.protocol.messages import Document, Refusal

ARGUMENTS = {
    "latency": "seconds=1",
    "raw": "500",
    "session_limit": "60",
    "slow_first_token": "1",
    "slow_tokens": "1",
}


def made(text):
    """A fault, as it is written in a test."""
    return eval(text, {"datetime": datetime, **vars(faults)})


def plain(name):
    return made(f"{name}({ARGUMENTS.get(name, '')})")


# Where one of these strikes, those behind it are shadowed; all others let them strike too.
END_THE_REPLY = {
    "auth_expired",
    "challenge_page",
    "close_session",
    "connect_timeout",
    "content_filtered",
    "context_length_exceeded",
    "cut_stream",
    "dns_failure",
    "empty_body",
    "envoy_503",
    "error_in_200",
    "error_mid_stream",
    "half_event",
    "hang",
    "html_error_page",
    "html_in_200",
    "insufficient_quota",
    "invalid_grant",
    "invalid_json",
    "model_retired",
    "overloaded",
    "rate_limited",
    "raw",
    "refuse_connection",
    "reset_connection",
    "reset_reused_connection",
    "server_error",
    "short_body",
    "stall_mid_stream",
    "still_gzipped",
    "tls_failure",
    "wrong_refusal",
}
# No app can see these without an evaluation of its own.
SILENT = {
    "doubled_chunk",
    "dropped_top_token",
    "foreign_script",
    "lost_chunk",
    "lost_history",
    "other_pool_answer",
    "reordered_chunks",
    "shortened_answer",
    "truncated_answer",
    "truncated_tool_arguments",
}
# These are about the events of a stream.
OF_STREAMS = (
    "doubled_chunk",
    "half_event",
    "lost_chunk",
    "malformed_chunk",
    "missing_terminal_event",
    "reordered_chunks",
)
# These are about what a model says.
OF_ANSWERS = (
    "empty_answer",
    "error_mid_stream",
    "foreign_script",
    "missing_usage",
    "refusal",
    "shortened_answer",
    "tool_call_as_text",
)
MISTAKES = {
    r"close_session\(code=.*a code that can be sent.*cut_stream": [
        "close_session(1006)",
        "close_session(999)",
        "close_session('1011')",
        "close_session(None)",
    ],
    r"close_session\(after=2\).*from 0 to 1": ["close_session(after=2)"],
    r"session_limit\(seconds=...\).*is not a duration": ["session_limit('soon')"],
    r"auth_expired\(message=401\): .*a text or None": ["auth_expired(message=401)"],
    r"cut_stream\(after=.*from 0 to 1": [
        "cut_stream(after=-0.1)",
        "cut_stream(after=1.1)",
        "cut_stream(after='half')",
        "cut_stream(after=True)",
        "cut_stream(after=None)",
        "cut_stream(after=float('nan'))",
    ],
    r"cut_stream\(by='axe'\).*'close' or 'reset' or 'end'": ["cut_stream(by='axe')"],
    r"doubled_chunk\(after=-1\).*from 0 to 1": ["doubled_chunk(after=-1)"],
    r"dropped_top_token\(share=0\).*a share of the small words": ["dropped_top_token(share=0)"],
    r"envoy_503\(reason=.*Envoy's reset reason": [
        "envoy_503(reason='')",
        "envoy_503(reason='  ')",
        "envoy_503(reason=None)",
        "envoy_503(reason=503)",
    ],
    r"error_in_200\(kind='boom'\).*'overloaded'": ["error_in_200('boom')"],
    r"error_mid_stream\(kind='boom'\).*'overloaded'": ["error_mid_stream(kind='boom')"],
    r"error_mid_stream\(after=.*from 0 to 1": [
        "error_mid_stream(after=-1)",
        "error_mid_stream(after=2)",
        "error_mid_stream(after='0.5')",
        "error_mid_stream(after=False)",
    ],
    r"error_mid_stream\(within='text'\).*or 'tool'": ["error_mid_stream(within='text')"],
    r"foreign_script\(share=.*a share of the words": [
        "foreign_script(share=0)",
        "foreign_script(share=-1)",
        "foreign_script(share=1.1)",
        "foreign_script(share='half')",
        "foreign_script(share=True)",
        "foreign_script(share=None)",
    ],
    r"half_event\(after=2\).*from 0 to 1": ["half_event(after=2)"],
    r"html_error_page\(status=.*from 400 to 599": [
        "html_error_page(200)",
        "html_error_page(399)",
        "html_error_page(600)",
        "html_error_page('502')",
        "html_error_page(502.0)",
        "html_error_page(True)",
    ],
    r"html_error_page\(status=599\).*a status of this page": ["html_error_page(599)"],
    r"502, 504, 520": ["html_error_page(503, page='cloudflare')"],
    r"html_error_page\(page='apache'\).*'nginx'": ["html_error_page(page='apache')"],
    r"give seconds= or times=": ["latency()"],
    r"latency\(times=.*times must be": [
        "latency(times=-1)",
        "latency(times='3')",
        "latency(times=True)",
        "latency(times=float('inf'))",
        "latency(times=float('nan'))",
        "latency(times=None)",
    ],
    r"a pair of them: shortest, longest": [
        "latency(seconds=(9, 1))",
        "latency(seconds=(1,))",
        "latency(seconds=(1, 2, 3))",
    ],
    r"latency\(seconds=...\).*is not a duration": [
        "latency(seconds='slow')",
        "latency(seconds=(1, 'slow'))",
        "latency(seconds=-2)",
        "latency(seconds=None)",
    ],
    r"lost_chunk\(after=-1\).*from 0 to 1": ["lost_chunk(after=-1)"],
    r"malformed_chunk\(after=2\).*from 0 to 1": ["malformed_chunk(after=2)"],
    r"ping_only\(every=.*at most 10000 keep-alives": [
        "ping_only(600, every=0)",
        "ping_only(600, every=0.01)",
    ],
    r"rate_limited\(retry_after=...\).*is not a duration": [
        "rate_limited(retry_after=-1)",
        "rate_limited(retry_after='soon')",
        "rate_limited(retry_after=float('inf'))",
        "rate_limited(retry_after=float('nan'))",
        "rate_limited(retry_after=True)",
        "rate_limited(retry_after=[])",
    ],
    r"other_dimensions\(size=.*1 or more": [
        "other_dimensions(0)",
        "other_dimensions(-3)",
        "other_dimensions('768')",
        "other_dimensions(7.5)",
        "other_dimensions(True)",
    ],
    r"other_model\(model=5\).*a text or None": ["other_model(5)"],
    r"raw\(status=.*from 200 to 599": [
        "raw(99)",
        "raw(101)",
        "raw(600)",
        "raw('500')",
        "raw(None)",
    ],
    r"raw\(.*headers must be a mapping of names": [
        "raw(500, 5)",
        "raw(500, 'content-type')",
        "raw(500, [('a', 'b', 'c')])",
        "raw(500, None)",
    ],
    r"raw\(body=.*for another value use json=": ["raw(500, {}, {'error': 1})"],
    r"raw\(json=...\): .*datetime": ["raw(500, json={'at': datetime(2026, 3, 2)})"],
    r"one body": ["raw(500, {}, 'x', json={})"],
    r"refusal\(text=.*the model's refusal": [
        "refusal('')",
        "refusal(' ')",
        "refusal(None)",
        "refusal(5)",
    ],
    r"reordered_chunks\(after=-1\).*from 0 to 1": ["reordered_chunks(after=-1)"],
    r"reset_connection\(larger_than=.*a number of bytes": [
        "reset_connection(larger_than=-1)",
        "reset_connection(larger_than=1.5)",
        "reset_connection(larger_than='28k')",
        "reset_connection(larger_than=True)",
    ],
    r"use overloaded\(\)": ["server_error(529)"],
    r"short_body\(keep=.*from 0 to 1": [
        "short_body(keep=-0.1)",
        "short_body(keep=1.1)",
        "short_body(keep='half')",
        "short_body(keep=True)",
    ],
    r"shortened_answer\(keep=.*a share of the sentences": [
        "shortened_answer(0)",
        "shortened_answer(1.5)",
        "shortened_answer('half')",
        "shortened_answer(True)",
    ],
    r"slow_first_token\(seconds=...\): 'x' is not a duration": ["slow_first_token('x')"],
    r"slow_tokens\(seconds=...\): -1 is not a duration": ["slow_tokens(-1)"],
    r"truncated_answer\(keep=.*keep must be": [
        "truncated_answer(0)",
        "truncated_answer(1)",
        "truncated_answer(-0.5)",
        "truncated_answer(2)",
        "truncated_answer('half')",
        "truncated_answer(True)",
        "truncated_answer(None)",
    ],
    r"truncated_answer\(admits='yes'\).*True or False": ["truncated_answer(admits='yes')"],
    r"unknown_tool\(tool=5\).*a text or None": ["unknown_tool(5)"],
    r"wrong_content_type\(.*a media type": [
        "wrong_content_type('')",
        "wrong_content_type('html')",
        "wrong_content_type(5)",
        "wrong_content_type(None)",
    ],
    r"wrong_refusal\(status=.*from 400 to 499": [
        "wrong_refusal(200)",
        "wrong_refusal(399)",
        "wrong_refusal(500)",
        "wrong_refusal('400')",
        "wrong_refusal(400.0)",
        "wrong_refusal(True)",
        "wrong_refusal(None)",
    ],
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_ends_the_reply_or_lets_later_faults_apply(name):
    assert plain(name).ends_reply is (name in END_THE_REPLY)


@pytest.mark.parametrize("name", FAULTS)
def test_an_app_can_see_it_or_not(name):
    assert plain(name).silent is (name in SILENT)


@pytest.mark.parametrize("name", OF_STREAMS)
def test_a_whole_reply_has_no_events(name, whole, fault_context):
    with pytest.raises(Unsupported, match="the reply is not a stream"):
        plain(name).on_reply(whole, fault_context)


@pytest.mark.parametrize("other", [Refusal("quota"), Document({"status": "ok"})])
@pytest.mark.parametrize("name", OF_ANSWERS)
def test_a_reply_that_is_no_answer_of_a_model_is_unchanged(name, other, fault_context):
    assert plain(name).on_answer(other, fault_context) is other


@pytest.mark.parametrize(
    ("text", "says"), [(text, says) for says, texts in MISTAKES.items() for text in texts]
)
def test_a_wrong_argument_is_refused_with_the_expected_type(text, says):
    with pytest.raises(UsageError, match=says):
        made(text)
