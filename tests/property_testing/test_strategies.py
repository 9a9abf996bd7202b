"""Strategies draw valid outages, show them as code, and shrink them to simple ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import faults as all_faults
from chaos_llm import load
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import FAULTS, hang, overloaded, server_error
from chaos_llm.profiles import loads, to_toml
from chaos_llm.profiles.model import Flap, Profile, Share, Target, WeightedFault, Window
from chaos_llm.property_testing.strategies import faults, mutations_of, outages, windows

CODE = {
    **{name: getattr(all_faults, name) for name in FAULTS},
    **{each.__name__: each for each in (Profile, Share, Target, WeightedFault, Window)},
    "datetime": dt,
}
WAVES = "anthropic-2026-03-02-three-waves"
ANY = outages(surfaces=["api", "login", "page"], correlated=True)
QUICK = settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
SEARCH = settings(QUICK, max_examples=300, phases=[Phase.generate, Phase.shrink])


def shortest(strategy, wanted=lambda _drawn: True, seed=0):
    return find(strategy, wanted, settings=SEARCH, random=Random(seed))


@QUICK
@given(ANY)
def test_an_outage_is_shown_as_code_that_builds_it_again(profile):
    assert eval(repr(profile), CODE) == profile
    assert eval(pretty(profile), CODE) == profile


@QUICK
@given(ANY)
def test_an_outage_is_the_same_when_its_file_is_read(profile):
    assert loads(to_toml(profile), name=profile.name) == profile


@QUICK
@given(faults(silent=True))
def test_a_fault_is_shown_as_code_that_builds_it_again(fault):
    assert eval(repr(fault), CODE) == fault
    assert eval(pretty(fault), CODE) == fault


@QUICK
@given(outages(providers=["openai"], longest="10m", at_most_windows=2))
def test_an_outage_keeps_within_its_limits(profile):
    assert 1 <= len(profile.windows) <= 2
    assert {target.provider for each in profile.windows for target in each.on} == {"openai"}
    assert all(0 <= w.begins[0] < w.ends[0] <= profile.ends <= 600 for w in profile.windows)


@QUICK
@given(outages())
def test_providers_fail_one_at_a_time(profile):
    for one in profile.windows:
        for other in profile.windows:
            if one.on != other.on:
                assert one.ends <= other.begins or other.ends <= one.begins


def test_providers_fail_together_where_they_may():
    profile = shortest(outages(correlated=True), lambda p: len(p.windows[0].on) == 2)
    assert [target.provider for target in profile.windows[0].on] == ["anthropic", "openai"]
    assert len(profile.windows) == 1


@pytest.mark.parametrize("seed", range(3))
def test_an_outage_shrinks_to_one_window_of_a_second_with_the_plainest_fault(seed):
    assert shortest(outages(), seed=seed).windows == (
        Window(
            "window 1", (0.0, 0.0), (1.0, 1.0), (Target("anthropic"),), Share.constant(1.0),
            (WeightedFault(1.0, server_error()),),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("least", "round_one"), [(2, 10.0), (11, 60.0), (61, 600.0), (700, HOUR), (4000, 3 * HOUR)]
)
def test_a_length_shrinks_to_a_round_one(least, round_one):
    def is_long(profile):
        return any(w.ends[0] - w.begins[0] >= least for w in profile.windows)

    assert shortest(outages(), is_long).ends == round_one


def test_a_window_that_is_not_needed_goes_wherever_it_stands():
    def has_hang(profile):
        return any(each.fault == hang(60) for w in profile.windows for each in w.faults)

    profile = shortest(outages(faults=["server_error", "hang"]), has_hang, seed=2)
    assert [w.faults for w in profile.windows] == [(WeightedFault(1.0, hang(60)),)]


def test_one_window_is_drawn_alone():
    drawn = shortest(windows(surfaces=["login"]))
    assert (drawn.ends, drawn.on) == ((1.0, 1.0), (Target("anthropic", "login"),))


def test_faults_are_chosen_by_name():
    @QUICK
    @given(faults(["hang", "overloaded"]))
    def only_these(fault):
        assert fault.name in ("hang", "overloaded")

    only_these()
    assert shortest(faults(["hang", "overloaded"])) == overloaded()


def test_faults_of_an_outage_are_names_faults_or_a_strategy():
    for given_faults in (["rate_limited", hang(7)], st.sampled_from([hang(7)])):
        drawn = outages(faults=given_faults)
        found = shortest(drawn, lambda p: p.windows[0].faults[0].fault == hang(7))
        assert len(found.windows) == 1


def test_every_fault_that_an_app_can_see_is_drawn():
    seen = set()

    @settings(QUICK, max_examples=4000, phases=[Phase.generate])
    @given(faults(silent=True))
    def collect(fault):
        seen.add(fault.name)

    collect()
    assert seen == set(FAULTS) - {"raw", "close_session", "session_limit"}


def test_faults_of_websockets_are_drawn_by_their_names():
    assert shortest(faults(["close_session"])).name == "close_session"
    assert shortest(faults(["session_limit"])).name == "session_limit"


def test_a_strategy_is_shown_as_its_call():
    assert repr(outages()) == "outages()"
    shown = repr(outages(providers=["anthropic"], longest="3h"))
    assert shown in (
        "outages(longest='3h', providers=['anthropic'])",
        "outages(providers=['anthropic'], longest='3h')",
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: outages(providers=["antropic"]), "unknown provider 'antropic'.*'anthropic'"),
        (lambda: outages(providers="anthropic"), r"write providers=\['anthropic'\]"),
        (lambda: outages(providers=[]), "providers= is empty"),
        (lambda: outages(surfaces=["web"]), "unknown surface 'web'"),
        (lambda: outages(longest="0s"), "the shortest outage that is drawn lasts 1 s"),
        (lambda: outages(longest="soon"), "is not a duration"),
        (lambda: outages(at_most_windows=0), "at_most_windows= is a whole number"),
        (lambda: outages(correlated=1), "correlated= is True or False"),
        (lambda: outages(faults=["overlaoded"]), "unknown fault 'overlaoded'.*'overloaded'"),
        (lambda: outages(faults=[]), "faults= is empty"),
        (lambda: outages(faults=[529]), "holds names and faults"),
        (lambda: outages(faults="hang"), r"write faults=\['hang'\]"),
        (lambda: faults(["raw"]), "unknown fault 'raw'"),
        (lambda: windows(longest=-1), "is not a duration"),
        (lambda: mutations_of("a name"), "takes a profile, as in load"),
        (lambda: mutations_of(profile_of()), "has no simulated window"),
    ],
)
def test_a_mistake_is_raised_when_the_strategy_is_made(make, says):
    with pytest.raises((UsageError, UnknownName), match=says):
        make()


def test_arguments_with_defaults_are_keyword_only():
    with pytest.raises(TypeError):
        outages(["anthropic"])


@QUICK
@given(mutations_of(load(WAVES)))
def test_a_mutation_is_a_profile_like_the_others(profile):
    assert len(profile.windows) == len(load(WAVES).windows)
    assert loads(to_toml(profile), name=profile.name).windows == profile.windows


def test_a_mutation_shrinks_to_the_recorded_profile():
    recorded = load(WAVES)
    assert shortest(mutations_of(recorded)) == recorded


def test_a_mutation_stretches_shifts_and_weakens():
    recorded = profile_of(window(ends=HOUR, share=1.0))
    drawn = mutations_of(recorded)
    assert shortest(drawn, lambda p: p.windows[0].ends[0] > HOUR).windows[0].ends[0] == 2 * HOUR
    assert shortest(drawn, lambda p: p.windows[0].begins[0] > 0).windows[0].begins[0] == 1.0
    weaker = shortest(drawn, lambda p: p.windows[0].share.highest < 1)
    assert weaker.windows[0].share == Share.constant(0.5)


def test_a_mutation_reorders():
    recorded = profile_of(window(name="a"), window(name="b", begins=2 * HOUR, ends=3 * HOUR))
    swapped = shortest(
        mutations_of(recorded), lambda p: p.windows[0].begins[0] > p.windows[1].begins[0]
    )
    assert [w.begins[0] for w in swapped.windows] == [2 * HOUR, 0.0]


def test_a_mutation_that_is_longer_flaps_as_often():
    recorded = profile_of(replace(window(ends=HOUR, share=1.0), flap=Flap(300.0, 600.0)))
    longer = shortest(mutations_of(recorded), lambda p: p.windows[0].ends[0] > HOUR)
    assert longer.windows[0].flap == Flap(600.0, 1200.0)
