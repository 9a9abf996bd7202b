"""Sound apps over all shipped profiles: no default check may fail."""

from __future__ import annotations

import pytest
from support.apps.sound import APPS

from chaos_llm import outage
from chaos_llm.checks import standard
from chaos_llm.profiles import load, names
from chaos_llm.profiles.other_providers import on_providers


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


@pytest.mark.exhaustive(sample=40)
@pytest.mark.parametrize("profile", names())
@pytest.mark.parametrize("app", APPS)
def test_no_default_check_fails_for_a_sound_app(app, profile):
    sound = APPS[app]
    assert not false_alarms(profile, sound)
