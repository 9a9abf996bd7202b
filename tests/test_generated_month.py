"""A generated month has the statistics that it claims, and is a profile like any other."""

from __future__ import annotations

from itertools import pairwise
from statistics import median, quantiles

import pytest

from chaos_llm import outage, profiles
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles.generated_month import month

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
    [("openai", (77, 172, 323), 29, 0.10), ("anthropic", (55, 112, 321), 21, 0.21)],
)
def test_the_durations_have_the_distribution_of_the_corpus(
    provider, lengths_of, watched, retroactive
):
    _, shown = incidents(provider)
    staged = [each for each in shown if "investigating" in each]
    lengths = [each["resolved"] - each["investigating"] for each in staged]
    found = (median(lengths), quantiles(lengths, n=4)[-1], quantiles(lengths, n=10)[-1])

    assert found == pytest.approx(lengths_of, rel=0.1)
    assert median(e["resolved"] - e["monitoring"] for e in staged) == pytest.approx(
        watched, rel=0.1
    )
    assert 1 - len(staged) / len(shown) == pytest.approx(retroactive, abs=0.02)


def test_the_first_post_lags_as_it_did_and_the_stages_are_in_order():
    made, shown = incidents("anthropic", 400)
    begins = [window.begins[0] / MINUTE for window in made.windows]
    lags = {
        each["investigating"] - begins[number]
        for number, each in enumerate(shown)
        if "investigating" in each
    }

    assert lags == {6, 7, 12, 13, 19, 37, 107, 158}
    for each in shown:
        times = [
            each[s] for s in ("investigating", "identified", "monitoring", "resolved") if s in each
        ]
        assert times == sorted(times)


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
        ({"providers": ["groq"]}, UnknownName, "unknown provider with statistics 'groq'"),
        ({"days": 0}, UsageError, "over 0"),
        ({"incidents": -1}, UsageError, "0 or more"),
    ],
)
def test_wrong_arguments_of_a_month_are_refused(given, error, says):
    with pytest.raises(error, match=says):
        month(1, **given)
