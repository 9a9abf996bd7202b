"""Further keys of windows: bursts, exceptions, capacities, networks, tiers, edges."""

from __future__ import annotations

import time

import httpx
import pytest

from chaos_llm import outage, profiles
from chaos_llm.decisions.plan import Plan
from chaos_llm.errors import ProfileError, UnknownName
from chaos_llm.network import Bandwidth, LatencyToxic
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.model import Edge, Flap, HealthyLatency, Target
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.billing_tiers import Tiers
from chaos_llm.requests.correlation import Key

KEY = Key(0, 0, "anthropic", "/v1/messages", 0)
MINUTE = 60.0


def request(provider="anthropic", path="/v1/messages", credential="", model="m"):
    return Request(provider, "", "api", "", path, model, credential=credential)


def ask(secret):
    """The status of one answer to this key."""
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"x-api-key": secret, "anthropic-version": "2023-06-01"}
    url = "https://api.anthropic.com/v1/messages"
    return httpx.post(url, headers=headers, json=body).status_code


def hit(profile, at=0.0, asked=None, **more):
    decision = Plan(profile, 1, **more).decide(asked or request(), KEY, at)
    return any(draw.fault is not None for draw in decision.draws)


def test_a_window_that_flaps_is_down_and_up_in_turns(read):
    profile = read(flap='{ down = "5m", up = "10m" }', share="1.0")

    assert profile.windows[0].flap == Flap(300.0, 600.0)
    for minute in range(60):
        assert hit(profile, minute * MINUTE) is (minute % 15 < 5), minute
    assert not hit(profile, 60 * MINUTE)


def test_the_last_burst_ends_with_its_window(read):
    profile = read(flap='{ down = "25m", up = "10m" }', share="1.0")

    assert [(w.begins, w.ends) for w in Plan(profile, 1).windows] == [(0, 1500), (2100, 3600)]


def test_healing_a_flapping_window_heals_all_its_bursts(read):
    with outage(read(flap='{ down = "5m", up = "5m" }', share="1.0"), seed=1) as chaos:
        before = ask("sk-ant-mine")
        chaos.on("anthropic").heal()
        time.sleep(11 * MINUTE)

        assert (before, ask("sk-ant-mine")) == (529, 200)


def test_a_window_can_begin_at_the_start_of_each_burst(read):
    profile = read(flap='{ down = "5m", up = "5m" }', share="1.0")

    with outage(profile, seed=1, at="w") as chaos:
        assert chaos.now == 0


def test_an_exception_of_a_window_is_not_hit(read):
    profile = read(except_='[{ provider = "anthropic", path = "/v1/models*" }]', share="1.0")

    assert hit(profile)
    assert not hit(profile, asked=request(path="/v1/models/claude"))
    assert profile.windows[0].except_ == (Target("anthropic", path="/v1/models*"),)


def test_a_capacity_is_read_with_its_defaults(read):
    profile = read(capacity="{ times = 1.5, collapses_at = 3 }")

    assert profile.windows[0].capacity == Capacity(None, 1.5, 60.0, 3.0)


def test_a_network_is_read_in_place_of_faults(read):
    toxics = '[{ toxic = "latency", latency = "1s" }, { toxic = "bandwidth", rate = 10 }]'
    profile = read(faults=None, network=toxics)

    assert profile.windows[0].network == (LatencyToxic(1.0), Bandwidth(10))
    assert read().windows[0].network == ()


def test_a_tier_is_that_of_the_credential(read):
    profile = read(on='[{ provider = "anthropic", tier = "free" }]', share="1.0")
    tiers = Tiers({"MY_KEY": "free"}, {"MY_KEY": "sk-mine"})
    mine, theirs = (request(credential=fingerprint(key)) for key in ("sk-mine", "sk-theirs"))
    assert hit(profile, asked=mine, tiers=tiers)
    assert not hit(profile, asked=theirs, tiers=tiers)
    assert not hit(profile, asked=mine)


def test_a_key_without_a_tier_is_pay_as_you_go(read):
    profile = read(on='[{ provider = "anthropic", tier = "pay-as-you-go" }]', share="1.0")

    assert hit(profile, asked=request(credential="abc"))


def test_a_pyproject_maps_variables_to_tiers(folder, toml, monkeypatch):
    with (folder.parent / "pyproject.toml").open("a") as file:
        file.write('[tool.chaos_llm.tiers]\nFREE_KEY = "free"\n')
    on = '[{ provider = "anthropic", tier = "free" }]'
    (folder / "shed.toml").write_text(toml(on=on, share="1.0"))

    with outage("shed", seed=1):
        monkeypatch.setenv("FREE_KEY", "sk-ant-free")
        assert (ask("sk-ant-free"), ask("sk-ant-paid")) == (529, 200)


def test_one_key_is_hit_by_its_fingerprint_in_the_journal(read):
    with outage() as chaos:
        ask("sk-ant-mine")
        (shown,) = (exchange.line()["credential"] for exchange in chaos.journal)

    with outage(read(on=f'[{{ provider = "anthropic", credential = "{shown}" }}]', share="1.0")):
        assert (ask("sk-ant-mine"), ask("sk-ant-other")) == (529, 200)


def test_an_unknown_tier_is_reported_with_its_line(folder):
    with (folder.parent / "pyproject.toml").open("a") as file:
        file.write('[tool.chaos_llm.tiers]\nMY_KEY = "fre"\n')

    with pytest.raises(UnknownName, match=r"\[tool.chaos_llm.tiers\] MY_KEY: unknown tier 'fre'"):
        outage()


def test_one_window_hits_all_providers_behind_an_edge(read):
    edge = '[edge.cdn]\nproviders = ["anthropic", "openai"]\nevidence = "page"\n'
    profile = read({}, edge, on='[{ edge = "cdn" }]', share="1.0")

    assert profile.edges == {"cdn": Edge("cdn", ("anthropic", "openai"), "page")}
    assert profile.windows[0].on == (Target("anthropic"), Target("openai"))
    assert hit(profile, asked=request("openai"))
    assert not hit(profile, asked=request("groq"))


def test_a_shared_draw_hits_every_provider_at_once(read):
    edge = '[edge.cdn]\nproviders = ["anthropic", "openai"]\nevidence = "page"\n'
    profile = read({}, edge, on='[{ edge = "cdn" }]', sticky_by='"client"', sticky_for='"1m"')

    plan = Plan(profile, 7)
    applied = [
        tuple(
            any(t.fault for t in plan.decide(request(each), KEY, minute * MINUTE).draws)
            for each in ("anthropic", "openai")
        )
        for minute in range(60)
    ]
    assert {one == other for one, other in applied} == {True}
    assert set(applied) == {(True, True), (False, False)}


def test_a_window_that_extends_another_has_all_of_it_but_the_bursts(toml):
    more = """[[window]]
name = "twin"
from = "+1h"
until = "+2h"
extends = "w"
evidence = "assumed"
"""
    spares = '[{ provider = "anthropic", path = "/v1/models" }]'
    given = {"capacity": "{ requests = 5 }", "flap": '{ down = "5m", up = "5m" }'}
    network = '[{ toxic = "down" }]'
    profile = profiles.loads(
        toml({}, more, faults=None, network=network, except_=spares, **given), name="x"
    )
    first, twin = profile.windows

    assert (twin.except_, twin.capacity, twin.network) == (
        first.except_,
        first.capacity,
        first.network,
    )
    assert (first.flap, twin.flap) == (Flap(300.0, 300.0), None)


def test_a_model_has_a_latency_of_its_own(read):
    models = '[{ model = "opus*", first_token = 2, evidence = "blog" }]'
    text = f'[baseline.anthropic]\nfirst_token = 1\nevidence = "page"\nmodels = {models}\n'
    pace = read({}, text).baseline["anthropic"]

    assert pace.of("opus-4") == HealthyLatency(2.0, 0.0, "blog")
    assert pace.of("haiku") is pace


BASIS = (
    '{ from = "page", until = "page", on = "page", share = "page", faults = "page"%s }'  # and more
)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("flap", '{ down = "5m", up = "5m" }'),
        ("except", '[{ provider = "openai" }]'),
        ("capacity", "{ requests = 5 }"),
    ],
)
def test_each_of_them_needs_a_basis(toml, key, value):
    with pytest.raises(ProfileError, match=f"evidence: there is none for {key}"):
        profiles.loads(toml(evidence=BASIS % "", **{key: value}), name="x")
    with_it = toml(evidence=BASIS % f', {key} = "blog"', **{key: value})
    assert profiles.loads(with_it, name="x").windows[0].evidence[key] == "blog"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"flap": '{ down = "0s", up = "5m" }'}, "flap.down: expected a duration over 0"),
        ({"flap": '{ down = "1s", up = "1s" }'}, "flap: expected at most 1000 bursts"),
        ({"flap": '{ down = "1s" }'}, "flap: up is missing; expected a duration"),
        ({"capacity": "{ per = 60 }"}, "capacity: a capacity is given in `requests` or in `times`"),
        ({"capacity": "{ requests = -1 }"}, "capacity.requests: expected a number over 0"),
        ({"capacity": '{ requests = 1, per = "0s" }'}, "capacity.per: expected a duration over 0"),
        (
            {"network": '[{ toxic = "down" }]'},
            "network: a window has faults or a network, not both",
        ),
        ({"faults": None, "network": "[]"}, "network: expected a list of toxics"),
        ({"faults": None, "network": '[{ toxic = "bandwidth" }]'}, "network[0]: rate is missing"),
        ({"on": '[{ provider = "openai", edge = "x" }]'}, "expected `provider` or `edge`, one"),
    ],
)
def test_a_mistake_is_reported_with_its_line(toml, changes, says):
    with pytest.raises(ProfileError) as caught:
        profiles.loads(toml(**changes), name="x")

    assert says in str(caught.value)
    assert str(caught.value).startswith("x.toml:")


@pytest.mark.parametrize(
    ("changes", "rest", "says"),
    [
        ({"on": '[{ provider = "antropic" }]'}, "", "on[0].provider: unknown provider 'antropic'"),
        ({"on": '[{ edge = "cdn" }]'}, "", "on[0].edge: unknown edge 'cdn'"),
        ({"on": '[{ provider = "openai", tier = "fre" }]'}, "", "on[0]: unknown tier 'fre'"),
        ({"faults": None, "network": '[{ toxic = "lag" }]'}, "", "unknown toxic 'lag'"),
        (
            {"faults": None, "network": '[{ toxic = "down", lag = 1 }]'},
            "",
            "network[0].lag: unknown key 'lag'; known, nearest first: 'stream', 'toxic'",
        ),
        ({"flap": "{ dwn = 1, up = 1 }"}, "", "flap: unknown key 'dwn'; known, nearest"),
        (
            {},
            '[status_page.antropic]\nevidence = "page"\n',
            "[status_page.antropic]: unknown provider",
        ),
        ({}, '[baseline.antropic]\nevidence = "page"\n', "[baseline.antropic]: unknown provider"),
        ({}, '[quota.gpt]\nevidence = "page"\n', "[quota.gpt]: unknown provider 'gpt'"),
        ({}, '[edge.x]\nproviders = ["claude"]\nevidence = "page"\n', "unknown provider 'claude'"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(toml, changes, rest, says):
    with pytest.raises(UnknownName) as caught:
        profiles.loads(toml({}, rest, **changes), name="x")

    assert says in str(caught.value)
    assert str(caught.value).startswith("x.toml:")


def test_a_documented_window_may_name_any_provider(read):
    on = '[{ provider = "azure-front-door", surface = "web" }]'

    profile = read({}, '[status_page.azure-front-door]\nevidence = "page"\n', on=on)

    assert not profile.windows[0].simulated
    assert profile.status_pages["azure-front-door"].posts == ()
