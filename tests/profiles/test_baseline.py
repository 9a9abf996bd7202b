"""The latency of healthy providers in a profile without a baseline of its own."""

from __future__ import annotations

import time

import httpx
import pytest

from chaos_llm import outage, profiles
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles import evidence_grades

URL = "https://api.anthropic.com/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
SLOW = """title = "slow and well"
starts = 2026-01-01T00:00:00Z
ends = "+1h"
tags = ["healthy"]
[sources.page]
kind = "monitor"
title = "measured"
[baseline.anthropic]
first_token = 3
models = [{ model = "opus*", first_token = 5 }]
evidence = "page"
"""


def took(model="haiku"):
    """The seconds that a healthy answer takes."""
    began = time.monotonic()
    message = {"role": "user", "content": "hi"}
    body = {"model": model, "max_tokens": 9, "messages": [message]}
    assert httpx.post(URL, headers=HEADERS, json=body, timeout=60).is_success
    return time.monotonic() - began


@pytest.fixture
def slow(folder):
    (folder / "slow.toml").write_text(SLOW)
    return folder


def setting(folder, line):
    with (folder.parent / "pyproject.toml").open("a") as file:
        file.write(line + "\n")


def test_without_a_choice_a_healthy_provider_answers_at_once(slow):
    with outage():
        assert took() == 0


def test_the_argument_of_an_outage_selects_the_baseline(slow):
    with outage(baseline="slow"):
        assert (took(), took("opus-4")) == (3, 5)


def test_the_project_settings_select_a_baseline_for_all_profiles(slow):
    setting(slow, 'baseline = "slow"')

    with outage():
        assert took() == 3


def test_the_profiles_own_baseline_wins(slow, toml):
    own = '[baseline.anthropic]\nfirst_token = 1\nevidence = "page"\n'
    (slow / "own.toml").write_text(toml({}, own, on='[{ provider = "openai" }]'))

    with outage("own", baseline="slow"):
        assert took() == 1


def test_a_source_of_the_baseline_is_distinct_from_one_of_the_same_name(slow, toml):
    (slow / "plain.toml").write_text(toml())
    profile = outage("plain", baseline="slow").profile

    assert profile.baseline["anthropic"].evidence == "slow: page"
    assert profile.sources["slow: page"].title == "measured"
    assert profile.sources["page"].title == ""
    assert (
        evidence_grades.grade(profile.sources, profile.baseline["anthropic"].evidence) == "reported"
    )


@pytest.mark.parametrize("name", [name for name in profiles.names() if name.startswith("healthy-")])
def test_each_shipped_baseline_can_be_chosen(name):
    assert outage("anthropic-529-storm", baseline=name).profile.baseline


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ("baseline = 3", UsageError, "baseline is the name of a profile; got 3"),
        ('baseline = "slwo"', UnknownName, "unknown profile 'slwo'"),
        ('baseline = "anthropic-529-storm"', UsageError, r"has no \[baseline.PROVIDER\] table"),
    ],
)
def test_an_unknown_baseline_is_refused(slow, line, error, says):
    setting(slow, line)

    with pytest.raises(error, match=says):
        outage()
