"""The search for profiles by provider, surface, tag and date."""

from __future__ import annotations

from datetime import date

import pytest

from chaos_llm import profiles
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.selection import selected

ALL = [profiles.load(name) for name in profiles.names()]


def test_without_criteria_all_profiles_are_found():
    assert selected() == ALL


def test_several_tags_are_all_wanted():
    found = selected(tags=["auth", "login"])

    assert found == [each for each in ALL if {"auth", "login"} <= set(each.tags)]
    assert 0 < len(found) < len(selected(tags=["auth"]))


def test_a_provider_is_found_by_its_windows_and_its_surface():
    everywhere, logins = (
        selected(provider="anthropic"),
        selected(provider="anthropic", surface="login"),
    )

    assert 0 < len(logins) < len(everywhere)
    for each in logins:
        targets = [target for window in each.windows for target in window.on]
        assert any((t.provider, t.surface) == ("anthropic", "login") for t in targets)


def test_since_a_date_includes_that_date():
    day = date(2026, 3, 2)
    found = selected(since=day)

    assert "anthropic-2026-03-02-three-waves" in [each.name for each in found]
    assert {each.starts.date() < day for each in found} == {False}
    assert found != ALL


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"tags": ["auht"]}, "unknown tag 'auht'"),
        (
            {"provider": "antropic"},
            "unknown provider 'antropic'; known, nearest first: 'anthropic'",
        ),
        ({"surface": "logins"}, "unknown surface 'logins'; known, nearest first: 'login'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(wanted, says):
    with pytest.raises(UnknownName, match=says):
        selected(**wanted)
