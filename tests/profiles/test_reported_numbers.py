"""Every shipped profile is held to the numbers of its own file: shares, minutes, posts.

The numbers are read from the TOML by the standard library, so that a mistake in our own reading
shows, too.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from chaos_llm import profiles
from chaos_llm.answers.status_page import document
from chaos_llm.decisions.plan import PlacedWindow, Plan
from chaos_llm.profiles import catalogue, evidence_grades
from chaos_llm.profiles.model import Profile, Share, Target, Window
from chaos_llm.protocol.messages import Document, Request
from chaos_llm.requests.correlation import Key

KEYS = 100_000
SEED = 3
NAMES = profiles.names()


@cache
def written(name: str) -> dict[str, Any]:
    return tomllib.loads(catalogue.find(name).read_text(encoding="utf-8"))


def seconds(name: str, moment: object) -> float | None:
    """A time of the file that is known to the minute, from the profile's start; else None."""
    starts = written(name)["starts"]
    first = starts[0] if isinstance(starts, list) else starts
    if isinstance(moment, datetime) and isinstance(first, datetime):
        return (moment - first).total_seconds()
    if isinstance(moment, datetime):
        return (moment - datetime.combine(first, datetime.min.time(), UTC)).total_seconds()
    return None


def reported(name: str) -> list[tuple[str, int, float, float]]:
    """The shares that a provider or a monitor reported: window, its place, time, share."""
    profile, found = profiles.load(name), []
    for number, window in enumerate(profile.windows):
        if not window.simulated or "share" not in written(name)["window"][number]:
            continue
        for at, share in points(name, number, window):
            basis = dict(evidence_grades.facts(window)).get("share", ("assumed",))
            lines = len(basis) == len(window.share.points)
            rests_on = basis[[t for t, _ in window.share.points].index(at)] if lines else basis
            if evidence_grades.grade(profile.sources, rests_on) == "reported":
                found.append((window.name, number, at, share))
    return found


def points(name: str, number: int, window: Window) -> list[tuple[float, float]]:
    """A window's share as the file says it, with the times at which it holds."""
    said = written(name)["window"][number]["share"]
    if isinstance(said, int | float):
        return [(0.0, float(said))]
    if isinstance(said, list) and isinstance(said[0], list):
        times = [time for time, _ in window.share.points]
        return [(time, float(share)) for time, (_, share) in zip(times, said, strict=True)]
    return []


def inside(target: Target) -> Request:
    """A request that is inside a target."""

    def plain(glob: str) -> str:
        return glob.replace("*", "x").replace("?", "x")

    return Request(
        provider="anthropic" if target.provider == "*" else target.provider,
        api="",
        surface=target.surface,
        host="",
        path=plain(target.path) or "/v1/x",
        model=plain(target.model),
        stream=bool(target.stream),
        credential=target.credential,
        region=plain(target.region),
        size=(target.larger_than or 0) + 1,
    )


class Asker:
    """The fields of a request that a draw needs, quick to make."""

    credential = ""


def draws(placed: PlacedWindow, at: float) -> int:
    """The number of decision keys that a window hits; each key has its own draw."""
    anybody, asked, per = Key(0, 0, "", "", 0), Asker(), placed.window.sticky_by
    window, begins, ends, opened = placed.window, placed.begins, placed.ends, placed.opened
    hits = 0
    for number in range(KEYS):
        thrown, key = placed, anybody
        if per == "request":
            key = Key(0, number, "", "", 0)
        elif per == "session":
            key = Key(number, 0, "", "", 0)
        elif per == "credential":
            asked.credential = str(number)
        else:  # all clients share a die, so it takes another seed to throw another one
            thrown = PlacedWindow(window, number, begins, ends, placed.pick, opened)
        hits += thrown.draw(asked, key, at).fault is not None
    return hits


SHARES = [(name, *share) for name in NAMES for share in reported(name)]
ONCE = {(name, number, share): (window, at) for name, window, number, at, share in SHARES}


@pytest.mark.parametrize("name", sorted({name for name, *_ in SHARES}))
def test_a_reported_share_holds_at_the_time_that_was_reported(name):
    plan = Plan(profiles.load(name), SEED)

    for _, window, _, at, share in (each for each in SHARES if each[0] == name):
        placed = next(each for each in plan.windows if each.window.name == window)
        assert placed.share(at) == share, window


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize(("name", "number", "share"), ONCE)
def test_a_reported_share_is_the_share_of_the_decision_keys_that_are_hit(name, number, share):
    window, at = ONCE[name, number, share]
    plan = Plan(profiles.load(name), SEED)
    placed = next(each for each in plan.windows if each.window.name == window)
    at = max(at, placed.opened)

    # Five standard deviations of so many independent throws: one wrong alarm in two million.
    within = 5 * (share * (1 - share) / KEYS) ** 0.5
    assert draws(placed, at) / KEYS == pytest.approx(share, abs=within)


WEIGHED = [
    (name, window.name)
    for name in NAMES
    for window in profiles.load(name).windows
    if window.simulated
    and (basis := dict(evidence_grades.facts(window)).get("weights"))
    and evidence_grades.grade(profiles.load(name).sources, basis) == "reported"
]


@pytest.mark.parametrize(("name", "window"), WEIGHED)
def test_faults_are_drawn_as_often_as_was_reported(name, window):
    original = profiles.window(profiles.load(name), window)
    always = replace(original, share=Share.constant(1.0), capacity=None)
    placed = PlacedWindow(always, SEED, 0.0, 1.0, 0.0, 0.0)
    total, many = sum(weighted.weight for weighted in original.faults), KEYS // 5

    drawn = Counter(
        placed.draw(Asker(), Key(0, number, "", "", 0), 0.5).fault for number in range(many)
    )
    for weighted in original.faults:
        part = weighted.weight / total
        within = 5 * (part * (1 - part) / many) ** 0.5
        assert drawn[weighted.fault] / many == pytest.approx(part, abs=within)


def edges() -> list[tuple[str, str, str, float]]:
    """The times of simulated windows that are known to the minute."""
    found = []
    for name in NAMES:
        for window, table in zip(
            profiles.load(name).windows, written(name).get("window", ()), strict=True
        ):
            for key in ("from", "until"):
                at = seconds(name, table[key])
                if window.simulated and at is not None:
                    found.append((name, window.name, key, at))
    return found


EDGES = edges()


@pytest.mark.parametrize("name", sorted({name for name, *_ in EDGES}))
def test_a_window_known_to_the_minute_flips_at_that_minute(name):
    plan = Plan(profiles.load(name), SEED)

    for _, window, key, at in (edge for edge in EDGES if edge[0] == name):
        flaps = profiles.window(plan.profile, window).flap
        before, then = (window in in_force(plan, time) for time in (at - 1, at))
        if key == "from":
            assert (before, then) == (False, True), window
        else:
            assert not then, window
            assert before or flaps, window


def in_force(plan: Plan, at: float) -> list[str]:
    """The windows that a request inside of them is decided upon at that time."""
    found = []
    for each in plan.windows:
        target = next(t for t in each.window.on if t.surface in ("api", "login", "page"))
        asked = inside(target)
        if target.tier:
            found += [w.window.name for w in plan.open_at(at) if w.window is each.window]
            continue
        decision = plan.decide(asked, Key(0, 0, asked.provider, asked.path, 0), at)
        found += [throw.window for throw in decision.draws if throw.window == each.window.name]
    return found


def told(profile: Profile, provider: str, time: float, name: str = "incidents") -> dict[str, Any]:
    """What the page's API answers at a time."""
    page = profile.status_pages[provider]
    said = document(page, profile, f"/api/v2/{name}.json", time, provider=provider)
    assert isinstance(said, Document)
    return json.loads(json.dumps(said.json))


PAGES = [(name, provider) for name in NAMES for provider in written(name).get("status_page", ())]
GREEN = [
    (name, page) for name, page in PAGES if not written(name)["status_page"][page].get("posts")
]
SPOKE = [(name, page) for name, page in PAGES if (name, page) not in GREEN]


@pytest.mark.parametrize(("name", "provider"), SPOKE)
def test_the_status_page_shows_at_each_time_what_was_posted(name, provider):
    profile, table = profiles.load(name), written(name)["status_page"][provider]
    posts = table.get("posts", [])
    states: dict[int, str] = {}

    first = profile.status_pages[provider].posts[0].at
    assert told(profile, provider, first - 1) == told(profile, provider, -1e6)
    for index, post in enumerate(posts):
        at, number = profile.status_pages[provider].posts[index].at, post.get("incident", 1)
        exact = seconds(name, post["at"])
        assert exact is None or exact == at
        states[number] = post.get("state") or states.get(number, "investigating")
        if index + 1 < len(posts) and profile.status_pages[provider].posts[index + 1].at == at:
            continue
        newest = next(
            incident
            for incident in told(profile, provider, at)["incidents"]
            if incident["started_at"] == when(profile, provider, number)
            and post.get("says", "") in [u["body"] for u in incident["incident_updates"]]
        )
        assert newest["status"] in (states[number], "resolved")
        assert newest["incident_updates"][0]["status"] == states[number]


@pytest.mark.parametrize(("name", "provider"), GREEN)
def test_a_page_without_posts_stays_green_through_the_whole_profile(name, provider):
    profile = profiles.load(name)

    for time in (0.0, profile.ends / 2, profile.ends):
        assert told(profile, provider, time, "status")["status"]["indicator"] == "none"


def when(profile: Profile, provider: str, number: int) -> str:
    """When the page says that an incident began: at its first post."""
    first = next(
        post.at for post in profile.status_pages[provider].posts if post.incident == number
    )
    moment: datetime = profile.when(first).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def test_there_is_something_to_hold_the_catalogue_to():
    assert len(SHARES) >= 10
    assert len(EDGES) >= 50
    assert (
        sum(len(written(name)["status_page"][page].get("posts", ())) for name, page in SPOKE) >= 60
    )
    assert all(isinstance(written(name)["starts"], date | list) for name in NAMES)
