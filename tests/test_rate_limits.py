"""The token buckets of a credential: which requests they allow, and the levels they report."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_llm.errors import UsageError
from chaos_llm.protocol.messages import Reply
from chaos_llm.protocol.rate_limits import Bucket, Buckets, Level, Quota, with_headers

NOON = 1772452800.0


def bucket(requests=None, tokens=None):
    return Bucket(Quota(requests, tokens))


def test_a_full_bucket_allows_the_limit_of_a_minute_and_no_more():
    taken = bucket(requests=3)
    assert [taken.take(NOON, 0).allowed for _ in range(4)] == [True, True, True, False]


def test_it_fills_evenly():
    taken = bucket(requests=60)
    for _ in range(60):
        taken.take(NOON, 0)
    assert not taken.take(NOON + 0.9, 0).allowed
    assert taken.take(NOON + 1.0, 0).allowed
    assert not taken.take(NOON + 1.0, 0).allowed


def test_it_never_holds_more_than_the_limit_of_a_minute():
    taken = bucket(requests=2)
    taken.take(NOON, 0)
    assert taken.take(NOON + 3600, 0).requests == Level(2, 1, 30.0)


def test_a_refused_request_takes_from_no_bucket():
    taken = bucket(requests=10, tokens=100)
    taken.take(NOON, 80)
    state = taken.take(NOON, 50)
    assert not state.allowed
    assert (state.requests.remaining, state.tokens.remaining) == (9, 20)


def test_the_slower_bucket_determines_the_wait():
    taken = bucket(requests=60, tokens=60)
    taken.take(NOON, 60)
    assert taken.take(NOON, 30).retry_after == 30.0
    for _ in range(59):
        taken.take(NOON, 0)
    assert taken.take(NOON, 0).retry_after == 1.0


def test_a_request_after_retry_after_is_allowed():
    taken = bucket(requests=7, tokens=1000)
    for _ in range(7):
        taken.take(NOON, 140)
    shown = taken.take(NOON, 300).retry_after
    assert shown == math.ceil(shown) > 0
    assert taken.take(NOON + shown, 300).allowed


def test_a_request_larger_than_the_bucket_is_never_allowed():
    taken = bucket(tokens=100)
    for at in (NOON, NOON + 60, NOON + 6000):
        state = taken.take(at, 101)
        assert not state.allowed
        assert state.retry_after == 1.0


def test_without_a_limit_there_is_no_level_and_all_is_allowed():
    state = bucket().take(NOON, 10**9)
    assert state.allowed
    assert (state.requests, state.tokens, state.retry_after) == (None, None, 0.0)


def test_a_clock_that_goes_back_refills_nothing():
    taken = bucket(requests=1)
    taken.take(NOON, 0)
    assert not taken.take(NOON - 3600, 0).allowed
    assert not taken.take(NOON, 0).allowed


def test_each_credential_has_its_own_bucket():
    both = Buckets(Quota(requests_per_minute=1))
    assert both.take("a", NOON, 0).allowed
    assert both.take("b", NOON, 0).allowed
    assert not both.take("a", NOON, 0).allowed


@pytest.mark.parametrize("limit", [0, -1, 0.5, math.inf, math.nan])
def test_a_quota_below_one_or_without_end_is_a_mistake(limit):
    with pytest.raises(UsageError, match="per minute"):
        Quota(requests_per_minute=limit)


waits = st.lists(st.tuples(st.floats(0, 90), st.integers(0, 400)), max_size=60)


@given(st.integers(1, 200), st.integers(1, 2000), waits)
def test_no_minute_allows_more_than_twice_its_limit(requests, tokens, asked):
    """A full tank, and what flows in meanwhile: that bounds every window of a minute."""
    taken, at, allowed = bucket(requests, tokens), NOON, []
    for pause, wanted in asked:
        at += pause
        state = taken.take(at, wanted)
        assert state.allowed == (state.retry_after == 0.0)
        assert 0 <= state.tokens.remaining <= tokens
        assert 0.0 <= state.tokens.reset <= 60.0
        if state.allowed:
            allowed.append((at, wanted))
    for begun, _ in allowed:
        minute = [wanted for moment, wanted in allowed if begun <= moment < begun + 60]
        assert len(minute) <= 2 * requests
        assert sum(minute) <= 2 * tokens + 1e-6


@given(st.integers(1, 200), st.integers(1, 2000), waits)
def test_equal_requests_get_equal_states(requests, tokens, asked):
    def states():
        taken, at = bucket(requests, tokens), NOON
        for pause, wanted in asked:
            at += pause
            yield taken.take(at, wanted)

    assert list(states()) == list(states())


def test_headers_of_a_quota_take_the_place_of_the_replys_own():
    reply = Reply(429, (("retry-after", "7"), ("x-left", "0"), ("server", "x")), ())
    put = with_headers(reply, (("x-left", "3"), ("x-limit", "5")))
    assert put.headers == (
        ("retry-after", "7"),
        ("server", "x"),
        ("x-left", "3"),
        ("x-limit", "5"),
    )
    assert with_headers(reply, ()) is reply
