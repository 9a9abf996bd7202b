"""A generated month has the statistics that it claims, and is a profile like any other."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, quantiles

import pytest

from chaos_llm import outage, profiles
from chaos_llm.cli import main
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles.generated_month import month
from chaos_llm.profiles.incident_statistics import HOURS, VENDORS, WEEKDAYS

MINUTE = 60.0
MANY = 4000


def incidents(provider, count=MANY):
    """The posts of each incident of a month, in minutes, by their state."""
    made = month(11, providers=[provider], incidents=count)
    posts = {}
    for post in made.status_pages[provider].posts:
        posts.setdefault(post.incident, {})[post.state] = post.at / MINUTE
    return made, [posts[number] for number in sorted(posts)]


@pytest.mark.parametrize(
    ("provider", "lengths_of", "watched", "retroactive"),
    [("openai", (105, 208, 670), 29 / 77, 0.10), ("anthropic", (55, 99, 198), 21 / 55, 1 / 50)],
)
def test_the_durations_have_the_distribution_of_the_feeds(
    provider, lengths_of, watched, retroactive
):
    _, shown = incidents(provider)
    staged = [each for each in shown if "investigating" in each]
    lengths = [each["resolved"] - each["investigating"] for each in staged]
    found = (median(lengths), quantiles(lengths, n=4)[-1], quantiles(lengths, n=10)[-1])

    assert found == pytest.approx(lengths_of, rel=0.1)
    for feed in VENDORS[provider].feeds:  # the pool of both lies between them, or near
        assert feed.quantile(0.5) == pytest.approx(found[0], rel=0.2)
    parts_watched = [
        (each["resolved"] - each["monitoring"]) / length
        for each, length in zip(staged, lengths, strict=True)
    ]
    monitored = median(parts_watched)
    assert monitored == pytest.approx(watched, rel=0.1)
    assert 1 - len(staged) / len(shown) == pytest.approx(retroactive, abs=0.02)


def test_the_first_post_lags_as_it_did_and_the_stages_are_in_order():
    made, shown = incidents("anthropic", 1000)
    begins = [window.begins[0] / MINUTE for window in made.windows]
    lags = {
        each["investigating"] - begins[number]
        for number, each in enumerate(shown)
        if "investigating" in each
    }

    assert lags == set(VENDORS["anthropic"].lags)
    for each in shown:
        times = [
            each[s] for s in ("investigating", "identified", "monitoring", "resolved") if s in each
        ]
        assert times == sorted(times)


def test_a_month_has_as_many_incidents_as_were_measured():
    made = month(1)
    pages = made.status_pages.items()
    count = {name: len({post.incident for post in page.posts}) for name, page in pages}
    assert count == {"anthropic": 36, "openai": 30}  # 148 in 123 days, 77 in 78
    assert len(month(1, providers=["groq"]).windows) == 3


def test_incidents_begin_at_the_hours_and_on_the_days_of_the_feeds():
    made = month(11, providers=["anthropic"], incidents=MANY, days=364)
    begun = [made.when(window.begins[0]) for window in made.windows]
    hours = Counter(moment.hour // 4 for moment in begun)
    days = Counter(moment.weekday() for moment in begun)

    assert [hours[slot] / MANY for slot in range(6)] == pytest.approx(parts(HOURS), abs=0.03)
    assert [days[day] / MANY for day in range(7)] == pytest.approx(parts(WEEKDAYS), abs=0.03)


def parts(counts):
    return [count / sum(counts) for count in counts]


def test_components_get_as_bad_as_often_as_they_did():
    made = month(11, providers=["openai"], incidents=MANY)
    impacts = Counter(post.impact for post in made.status_pages["openai"].posts if post.impact)

    assert impacts["minor"] / MANY == pytest.approx(47 / 53, abs=0.02)
    assert impacts["major"] / MANY == pytest.approx(5 / 53, abs=0.02)
    assert impacts["critical"] / MANY == pytest.approx(1 / 53, abs=0.01)


def test_both_providers_have_incidents_open_1_3_times_as_often_as_by_chance():
    found = []
    for seed in range(12):
        made = month(seed, days=365)
        one, other = (minutes_open(page) for page in made.status_pages.values())
        found.append(len(one & other) * 365 * 1440 / (len(one) * len(other)))
    assert mean(found) == pytest.approx(1.3, abs=0.15)


def minutes_open(page):
    """The minutes with an open incident that lasted up to ten hours, as in the measurement."""
    posts = {}
    for post in page.posts:
        posts.setdefault(post.incident, []).append(int(post.at // MINUTE))
    ranges = [range(times[0], times[-1]) for times in posts.values() if times[-1] - times[0] <= 600]
    return {minute for each in ranges for minute in each}


def test_the_command_shows_a_year_beside_the_feeds(capsys):
    assert main(["month", "--provider", "anthropic", "--months", "12", "--statistics"]) == 0
    shown = capsys.readouterr().out
    assert (
        "  25 April to 30 June 2026                   99         44.3     26     52     98" in shown
    )
    assert "  generated                                 439         36.1" in shown
    assert "anthropic has an incident open in " in shown


def test_the_docs_show_what_the_command_shows(capsys):
    page = Path(__file__).parents[1] / "docs" / "how-to" / "a-year-of-outages.md"
    main(["month", "--months", "12", "--statistics", "--seed", "7"])

    assert capsys.readouterr().out.rstrip() in page.read_text(encoding="utf-8")


def test_the_same_seed_is_the_same_month_and_another_is_another():
    assert month(3) == month(3)
    assert month(3).windows != month(4).windows


def test_it_is_a_file_without_a_problem(tmp_path, monkeypatch):
    from chaos_llm.profiles import lint  # noqa: PLC0415 - pydantic

    made = month(5)
    path = tmp_path / f"{made.name}.toml"
    path.write_text(profiles.to_toml(made))

    assert profiles.load(path) == made
    assert lint.problems(path) == []
    assert profiles.assumed_share(made) > 0.5  # what fails, and how much, nobody reports


def test_incidents_are_strewn_over_the_whole_month_for_each_provider():
    made = month(1, incidents=60)

    assert {t.provider for w in made.windows for t in w.on} == {"anthropic", "openai"}
    for provider in ("anthropic", "openai"):
        begins = [w.begins[0] for w in made.windows if w.on[0].provider == provider]
        assert len(begins) == 60
        assert begins == sorted(begins)
        assert max(later - earlier for earlier, later in pairwise(begins)) < 86400 * 6
    assert all(window.ends[1] <= made.ends for window in made.windows)


def test_a_generated_month_can_be_replayed():
    with outage(month(2, providers=["anthropic"], incidents=3), seed=1) as chaos:
        import anthropic  # noqa: PLC0415 - only here

        client = anthropic.Anthropic(max_retries=0, timeout=30)

        def ask(prompt):
            message = {"role": "user", "content": prompt}
            made = client.messages.create(model="m", max_tokens=9, messages=[message])
            return made.content[0].text

        report = chaos.replay(ask, calls=150)

    assert report.run.applied


def test_a_month_without_incidents_is_healthy():
    assert month(1, incidents=0).windows == ()


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"providers": ["xai"]}, UnknownName, "unknown provider with statistics 'xai'"),
        ({"days": 0}, UsageError, "over 0"),
        ({"incidents": -1}, UsageError, "0 or more"),
    ],
)
def test_wrong_arguments_of_a_month_are_refused(given, error, says):
    with pytest.raises(error, match=says):
        month(1, **given)
