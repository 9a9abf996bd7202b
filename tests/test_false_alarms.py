"""Sound apps over all shipped profiles: no default check may fail.

There are some 6,000 cases, so a fixed sample of them is played. All of them:
FALSE_ALARMS=all python -m pytest -n auto tests/test_false_alarms.py
"""

from __future__ import annotations

import os
from itertools import product
from random import Random

import pytest
from support.apps.more_sound import MORE_APPS
from support.apps.sound import APPS as FIRST_APPS

from chaos_llm import outage
from chaos_llm.checks import standard
from chaos_llm.profiles import load, names
from chaos_llm.profiles.other_providers import on_providers

APPS = {**FIRST_APPS, **MORE_APPS}
EVERY_CASE = list(product(APPS, names()))
SAMPLED = 60
CASES = EVERY_CASE if os.environ.get("FALSE_ALARMS") else Random(0).sample(EVERY_CASE, SAMPLED)


def played_on(name, provider):
    """A profile, with the provider that it hits first replaced by the one that the app asks."""
    profile = load(name)
    hit = {target.provider for window in profile.windows for target in window.on}
    return on_providers(profile, [provider]) if profile.windows and provider not in hit else profile


def _calls(options):
    return options if "every" in options else {"calls": 120} | options


def false_alarms(name, sound):
    with outage(played_on(name, sound.provider), seed=5) as chaos:
        report = chaos.replay(sound.make(), **(_calls(sound.options)))
    findings = [check(report.run) for check in standard(report.run)]
    failed = [f for f in findings if f.verdict == "fail"]
    return [f"{f.check}: {f.seen}" for f in failed if f.check.split("(")[0] not in sound.without]


@pytest.mark.parametrize(("app", "profile"), CASES)
def test_no_default_check_fails_for_a_sound_app(app, profile):
    sound = APPS[app]
    assert not false_alarms(profile, sound)
