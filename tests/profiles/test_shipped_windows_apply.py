"""Every simulated window of every shipped profile applies faults to a plain app of its target."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.apps.plain import PlainApp, page_of

from chaos_llm import outage, profiles
from chaos_llm.decisions.plan import PlacedWindow, Plan
from chaos_llm.profiles.model import Profile, Target, Window
from chaos_llm.requests.billing_tiers import tiers
from chaos_llm.requests.correlation import Key

NAMES = profiles.names()
PLAYED = [(name, w.name) for name in NAMES for w in profiles.load(name).windows if w.simulated]
HEALTHY = [name for name in NAMES if profiles.load(name).baseline]
WEB_ONLY = profiles.with_tag("web-only")
APART = 0.5  # seconds between two calls: less than any die is kept for


@pytest.mark.exhaustive(sample=20)
@pytest.mark.parametrize(("name", "window"), PLAYED)
def test_a_window_applies_faults_to_a_plain_app_of_its_target(name, window, tmp_path, monkeypatch):
    profile = profiles.load(name)
    replayed = profiles.window(profile, window)
    declare_tier(replayed.on[0].tier, tmp_path, monkeypatch)
    app = PlainApp(replayed.on[0], replayed.faults[0].fault.name)
    seed, at = hit(profile, replayed, app, tmp_path)

    with outage(name, seed=seed, at=at, rootdir=tmp_path) as chaos:
        chaos.replay(app, every=APART, warmup=0, until=at + 2 * APART, recovery=0)

    applied = [met.window for exchange in chaos.journal for met in exchange.applied]
    assert set(applied) == {window}


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_applies_faults_or_is_documented_only(name):
    profile = profiles.load(name)

    told_only = {"healthy", "web-only"} & set(profile.tags)
    assert bool(told_only) or any(window.simulated for window in profile.windows)


@pytest.mark.parametrize("name", HEALTHY)
def test_the_healthy_latency_is_kept(name):
    profile = profiles.load(name)
    for provider, pace in profile.baseline.items():
        with outage(name, at=profile.ends) as chaos:
            PlainApp(Target(provider))("hi")
            assert chaos.now - profile.ends >= pace.first_token


@pytest.mark.parametrize("name", WEB_ONLY)
def test_a_page_that_is_red_for_the_web_alone_leaves_the_api_alone(name):
    profile = profiles.load(name)
    (provider,) = profile.status_pages
    first = profile.status_pages[provider].posts[0]

    with outage(name, at=first.at) as chaos:
        page = page_of(provider, httpx.Client())
        report = chaos.replay(PlainApp(Target(provider)), calls=20, warmup=0)

    assert page["status"]["indicator"] != "none"
    assert page["incidents"]
    assert report.answered == 1


def test_the_overload_of_23_january_2025_lasts_for_apps_that_retry_at_once():
    hammering, patient = failures_after_the_cause(tries=12), failures_after_the_cause(tries=1)

    assert hammering > 50
    assert patient == 0


def failures_after_the_cause(*, tries: int) -> int:
    """How many requests fail on 23 January 2025 once the database is back, and 15 min later."""
    app = PlainApp(Target("openai"))

    def ask(prompt: str) -> str:
        for _ in range(tries - 1):
            try:
                return app(prompt)
            except httpx.HTTPStatusError:
                time.sleep(1)
        return app(prompt)

    with outage("openai-2025-01-23-retry-storm", seed=3) as chaos:
        chaos.replay(ask, every="30s", until="13:00")
    settled = 70 * 60.0  # 12:40, of a profile that begins at 11:30
    return sum(bool(exchange.applied) for exchange in chaos.journal if exchange.at > settled)


def declare_tier(tier: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say what the owner of the plain app's key pays, as a team does."""
    table = f"[tool.chaos_llm.tiers]\nOUR_KEY = {json.dumps(tier)}\n" if tier else ""
    (folder / "pyproject.toml").write_text(table)
    monkeypatch.setenv("OUR_KEY", "sk-test")


def hit(profile: Profile, window: Window, app: PlainApp, folder: Path) -> tuple[int, float]:
    """A seed and a time with which that window hits two calls of the app, and no other does."""
    request = app.request()
    keys = [Key(0, call, request.provider, request.path, 0) for call in (0, 1)]
    for seed in range(8000):
        plan = Plan(profile, seed, tiers(folder, os.environ))
        for at in times(next(w for w in plan.windows if w.window is window)):
            decisions = [plan.decide(request, key, at + i * APART) for i, key in enumerate(keys)]
            if [[name for name, _ in d.hits] for d in decisions] == [[window.name]] * 2:
                return seed, at
    raise AssertionError(f"{window.name!r} hits none of 8000 seeds, alone")


def times(window: PlacedWindow) -> Iterator[float]:
    """When to look: as it begins, and later, as others may cover it then."""
    for part in (0.0, 0.3, 0.6):
        yield window.begins + part * (window.ends - window.begins)
