"""Decisions: keyed by the request, made before any byte is sent, fast with many windows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import HEALTHY, INJECTED, Draw, Plan
from chaos_llm.faults import latency, overloaded, server_error
from chaos_llm.profiles.model import Share, Target, WeightedFault
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key

PATH = "/v1/messages"
MANY = 4000


def request(provider="anthropic", credential="", model="claude-sonnet-5-5", surface="api"):
    return Request(provider, "messages", surface, "", PATH, model, credential=credential)


def key(call, attempt=0, user=0, provider="anthropic", path=PATH):
    return Key(user, call, provider, path, attempt)


def hit(plan, asked=None, at=0.0, which=None):
    decision = plan.decide(asked or request(), which or key(0), at)
    return any(draw.fault is not None for draw in decision.draws)


def share_hit(plan, keys, asked=None, at=0.0):
    return sum(hit(plan, asked, at, each) for each in keys) / len(keys)


def test_a_request_outside_of_all_windows_is_healthy():
    plan = Plan(profile_of(window(begins=HOUR, ends=2 * HOUR)), seed=1)
    for at in (-HOUR, 0.0, HOUR - 0.001, 2 * HOUR, 9 * HOUR):
        assert plan.decide(request(), key(0), at) is HEALTHY
    assert hit(plan, at=HOUR)


def test_a_window_hits_what_it_is_on_and_nothing_else():
    plan = Plan(profile_of(window(on=Target("anthropic", model="claude-opus-4-6*"))), seed=1)
    assert hit(plan, request(model="claude-opus-4-6-20260205"))
    assert not hit(plan, request(model="claude-sonnet-5-5"))
    assert not hit(plan, request("openai", model="claude-opus-4-6"))
    assert not hit(plan, request(model="claude-opus-4-6", surface="login"))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_share_is_the_share_of_the_requests_that_are_hit(share):
    plan = Plan(profile_of(window(share=share)), seed=7)
    # Four standard deviations of so many independent throws.
    within = 4 * (share * (1 - share) / MANY) ** 0.5
    assert share_hit(plan, [key(n) for n in range(MANY)]) == pytest.approx(share, abs=within)


def test_a_decision_depends_on_the_seed_and_on_nothing_but_its_key():
    first, again, other = (Plan(profile_of(window(share=0.5)), seed=seed) for seed in (1, 1, 2))
    keys = [key(n) for n in range(200)]
    decisions = [hit(first, which=each) for each in keys]
    assert [hit(again, which=each) for each in reversed(keys)] == decisions[::-1]
    assert [hit(other, which=each) for each in keys] != decisions


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (key(3), key(4)),
        (key(3), key(3, attempt=1)),
        (key(3), key(3, user=1)),
        (key(3), key(3, provider="openai")),
        (key(3), key(3, path="/v1/messages/count_tokens")),
        (Key(-1, -1, "anthropic", PATH, 0, "a"), Key(-1, -1, "anthropic", PATH, 0, "b")),
    ],
    ids=["call", "attempt", "user", "provider", "path", "content"],
)
def test_different_requests_have_separate_draws(one, two):
    anywhere = profile_of(window(share=0.5, on=Target("*")))
    alike = [
        hit(Plan(anywhere, seed), which=one) == hit(Plan(anywhere, seed), which=two)
        for seed in range(200)
    ]
    assert 60 < sum(alike) < 140  # half of them, within more than five standard deviations


def test_windows_have_separate_draws():
    both = profile_of(window(share=0.5, name="one"), window(share=0.5, name="two"))
    draws = [Plan(both, seed).decide(request(), key(0), 0.0).draws for seed in range(200)]
    alike = sum((one.fault is None) == (two.fault is None) for one, two in draws)
    assert 60 < alike < 140


def test_sticky_by_client_all_requests_share_a_draw_until_it_expires():
    plan = Plan(profile_of(window(share=0.5, sticky_by="client", sticky_for=5 * MINUTE)), seed=3)
    epochs = []
    for epoch in range(12):
        times = [epoch * 5 * MINUTE + second for second in (0.0, 1.0, 299.0)]
        hits = {hit(plan, at=at, which=key(n, user=n)) for n in range(20) for at in times}
        assert len(hits) == 1
        epochs += hits
    assert set(epochs) == {True, False}


def test_epochs_are_counted_from_the_beginning_of_the_window():
    late = window(begins=130.0, share=0.5, sticky_by="client", sticky_for=5 * MINUTE)
    plan = Plan(profile_of(late), seed=3)
    for epoch in range(10):
        begins = 130.0 + epoch * 5 * MINUTE
        assert hit(plan, at=begins) == hit(plan, at=begins + 299.0)


def test_without_sticky_for_a_draw_never_expires():
    for seed in range(20):
        plan = Plan(profile_of(window(share=0.5, sticky_by="session")), seed)
        assert len({hit(plan, at=at, which=key(int(at))) for at in range(0, 3600, 60)}) == 1


@pytest.mark.parametrize("sticky_by", ["session", "credential"])
def test_sticky_by_session_or_credential_each_has_its_own_draw(sticky_by):
    plan = Plan(profile_of(window(share=0.5, sticky_by=sticky_by, sticky_for=HOUR)), seed=5)

    def hits_of(one):
        asked = request(credential=f"key {one}")
        return {hit(plan, asked, at, key(int(at), user=one)) for at in range(0, 3600, 200)}

    found = [hits_of(one) for one in range(40)]
    assert all(len(hits) == 1 for hits in found)
    assert {True, False} == set.union(*found)


def test_a_draw_by_session_ignores_credentials_and_one_by_credential_ignores_users():
    session = Plan(profile_of(window(share=0.5, sticky_by="session")), seed=5)
    credential = Plan(profile_of(window(share=0.5, sticky_by="credential")), seed=5)
    assert len({hit(session, request(credential=f"{n}"), which=key(n)) for n in range(30)}) == 1
    asked = request(credential="one key")
    assert len({hit(credential, asked, which=key(n, user=n)) for n in range(30)}) == 1


def test_the_fault_is_drawn_for_each_request_by_weight():
    mix = WeightedFault(3.0, overloaded()), WeightedFault(1.0, server_error())
    plan = Plan(profile_of(replace(window(sticky_by="client"), faults=mix)), seed=1)
    drawn = Counter(plan.decide(request(), key(n), 0.0).draws[0].fault.name for n in range(MANY))
    assert drawn["overloaded"] / MANY == pytest.approx(0.75, abs=0.03)
    assert drawn["server_error"] / MANY == pytest.approx(0.25, abs=0.03)


def test_a_range_is_drawn_once_for_the_run():
    edges = window(begins=(0.0, HOUR), ends=(2 * HOUR, 3 * HOUR), share=Share(((0.0, 0.2),), 0.8))
    placed = [Plan(profile_of(edges), seed).windows[0] for seed in range(50)]
    assert all(0 <= w.begins < HOUR and 2 * HOUR <= w.ends < 3 * HOUR for w in placed)
    assert len({w.begins for w in placed}) == len({w.ends for w in placed}) == 50
    shares = {w.share(2 * HOUR) for w in placed}
    assert len(shares) == 50
    assert all(0.2 <= share < 0.8 for share in shares)
    assert all(w.share(HOUR) == w.share(2 * HOUR) for w in placed)


def test_a_line_is_followed():
    falling = Share(((0.0, 1.0), (HOUR, 0.0)))
    plan = Plan(profile_of(window(share=falling)), seed=1)
    shares = [
        share_hit(plan, [key(n) for n in range(1000)], at=at) for at in (0.0, HOUR / 2, 0.9 * HOUR)
    ]
    assert shares == [1.0, pytest.approx(0.5, abs=0.07), pytest.approx(0.1, abs=0.04)]


def test_a_reported_upper_bound_is_not_simulated():
    below = window(share=Share(((0.0, 0.2),), bound=True))
    shown = window(on=Target("anthropic", "web"))
    plan = Plan(profile_of(below, shown, ends=HOUR), seed=1)
    assert not plan.windows
    assert plan.decide(request(), key(0), 0.0) is HEALTHY
    assert plan.bounds() == (0.0, HOUR)


def test_overlapping_windows_draw_in_file_order():
    profile = profile_of(
        window(latency(seconds=5), name="slow", begins=0.0),
        window(name="busy", begins=MINUTE, ends=2 * MINUTE),
        window(server_error(), name="broken", begins=30.0),
    )
    names = [draw.window for draw in Plan(profile, 1).decide(request(), key(0), 90.0).draws]
    assert names == ["slow", "busy", "broken"]


class CountedWindows(tuple):
    """Windows that count how often one of them is looked at."""

    __slots__ = ()
    looks = 0

    def __iter__(self):
        for each in super().__iter__():
            CountedWindows.looks += 1
            yield each


def test_a_decision_looks_at_open_windows_only_however_many_there_are():
    many = [
        window(begins=n * MINUTE, ends=(n + 1) * MINUTE, name=f"{n}", share=0.5) for n in range(500)
    ]
    plan = Plan(profile_of(*many), seed=1)
    plan.windows = CountedWindows(plan.windows)
    at = 250.5 * MINUTE
    assert [w.window.name for w in plan.open_at(at)] == ["250"]
    CountedWindows.looks = 0
    for n in range(100):
        assert len(plan.decide(request(), key(n), at + n / 10).draws) == 1
    assert CountedWindows.looks == 0


@given(
    spans=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), min_size=1, max_size=8
    ),
    at=st.integers(-1, 21),
)
def test_open_windows_are_those_that_have_begun_and_not_ended(spans, at):
    windows = [
        window(begins=float(begins), ends=float(ends), name=f"{n}")
        for n, (begins, ends) in enumerate(spans)
    ]
    expected = [f"{n}" for n, (begins, ends) in enumerate(spans) if begins <= at < ends]
    assert [w.window.name for w in Plan(profile_of(*windows), 1).open_at(float(at))] == expected


def test_a_decision_has_a_reason():
    plan = Plan(profile_of(window(share=0.5, name="wave 1")), seed=1)
    sentences = {plan.decide(request(), key(n), 0.0).why for n in range(40)}
    assert any(s.startswith("'wave 1' threw 0.") and s.endswith(": spared") for s in sentences)
    assert any(s.endswith("against 0.500: overloaded()") for s in sentences)
    assert HEALTHY.why == "no window is open for this request"
    assert Draw(INJECTED, overloaded(), 0.0, 1.0).why == "injected by the test: overloaded()"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=4),
    st.lists(st.integers(-2, 14), min_size=1, max_size=12),
)
def test_no_window_is_missed_after_a_calm_time(windows, times):
    spans = [(begins * MINUTE, (begins + lasts) * MINUTE) for begins, lasts in windows]
    placed = [window(f"window {n}", begins=b, ends=e) for n, (b, e) in enumerate(spans)]
    overrides = Overrides(Plan(profile_of(*placed), seed=1))
    for at in (minute * MINUTE for minute in times):  # also back in time, as a replay winds
        is_calm = not any(begins <= at < ends for begins, ends in spans)
        assert (overrides.decide(request(), key(0), at) is HEALTHY) is is_calm
