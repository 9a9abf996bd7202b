"""Where profiles are found, by name, tag and path."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import chaos_llm
from chaos_llm import outage, profiles
from chaos_llm.errors import ProfileError, UnknownName, UsageError
from chaos_llm.faults import overloaded
from chaos_llm.profiles import catalogue


def test_a_profile_of_the_team_is_found_beside_the_shipped_ones(folder, toml):
    (folder / "our-bad-day.toml").write_text(toml({"tags": '["5xx", "ours"]'}))

    assert {"our-bad-day", "anthropic-529-storm"} <= set(profiles.names())
    assert profiles.with_tag("ours") == ("our-bad-day",)
    assert {"anthropic-529-storm", "our-bad-day"} <= set(profiles.with_tag("5xx"))
    assert profiles.load("our-bad-day").title == "t"


def test_a_profile_of_the_team_replaces_a_shipped_one_of_that_name(folder, toml):
    (folder / "anthropic-529-storm.toml").write_text(toml({"title": '"ours"'}))

    assert profiles.load("anthropic-529-storm").title == "ours"
    assert profiles.names().count("anthropic-529-storm") == 1


def test_the_nearest_pyproject_above_the_current_folder_counts(folder, toml, monkeypatch):
    (folder / "our-bad-day.toml").write_text(toml())
    (folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "er")

    assert "our-bad-day" in profiles.names()

    (folder / "deep" / "pyproject.toml").write_text("[project]\n")
    assert "our-bad-day" not in profiles.names()


def test_a_root_folder_may_be_given_instead_of_the_current_one(folder, toml, monkeypatch):
    (folder / "our-bad-day.toml").write_text(toml({"tags": '["ours"]'}))
    monkeypatch.chdir("/")

    assert "our-bad-day" not in profiles.names()
    assert profiles.with_tag("ours", folder.parent) == ("our-bad-day",)
    assert profiles.load("our-bad-day", rootdir=folder.parent).name == "our-bad-day"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "pyproject", "deep/day", "../day", "a\0b", "x" * 300, "\udcff"]
)
def test_a_name_that_is_none_of_a_profile_is_unknown(folder, toml, name):
    (folder / "deep").mkdir()
    for path in (folder / "deep" / "day.toml", folder.parent / "day.toml"):
        path.write_text(toml())
    (folder / "pyproject.toml").write_text(toml())

    with pytest.raises(UnknownName, match="unknown profile"):
        profiles.load(name)


@pytest.mark.parametrize("inside", [True, False])
def test_shipped_profiles_lie_inside_an_installed_package_or_beside_its_source(
    tmp_path, monkeypatch, inside
):
    package = tmp_path / "site" / "chaos_llm"
    beside = package.parent / "fault_profiles"
    beside.mkdir(parents=True)
    (package / "fault_profiles" if inside else package).mkdir(parents=True)
    monkeypatch.setattr(catalogue, "_PACKAGE", package)

    # Where both are, what lies beside an installed package is somebody else's.
    assert profiles.folders(tmp_path) == (package / "fault_profiles" if inside else beside,)


def test_a_file_that_changes_is_read_again(folder, toml):
    path = folder / "our-bad-day.toml"
    path.write_text(toml({"tags": '["before"]'}))
    assert profiles.with_tag("before") == ("our-bad-day",)
    assert profiles.load("our-bad-day").tags == ("before",)

    path.write_text(toml({"tags": '["after"]', "title": '"changed"'}))
    os.utime(path, ns=(0, 0))

    assert profiles.with_tag("after") == ("our-bad-day",)
    assert profiles.load("our-bad-day").title == "changed"


def test_a_file_that_did_not_change_is_the_same_profile(folder, toml):
    (folder / "our-bad-day.toml").write_text(toml())

    assert profiles.load("our-bad-day") is profiles.load("our-bad-day")


def test_a_path_and_a_profile_are_taken_too(tmp_path, toml):
    path = tmp_path / "here.toml"
    path.write_text(toml())

    profile = profiles.load(path)

    assert profile.name == "here"
    assert profiles.load(str(path)) is profile
    assert profiles.load(profile) is profile


def test_an_unknown_profile_lists_the_known_ones_nearest_first():
    told = r"^unknown profile 'anthropic-529'; known, nearest first: 'anthropic-529-storm', "

    with pytest.raises(UnknownName, match=told):
        profiles.load("anthropic-529")


def test_an_unknown_tag_lists_the_known_ones_nearest_first():
    told = r"^unknown tag 'logins'; known, nearest first: 'login', "

    with pytest.raises(UnknownName, match=told):
        profiles.with_tag("logins")


def test_a_path_to_no_file_lists_the_files_beside_it(folder, toml):
    (folder / "here.toml").write_text(toml())

    told = r"^unknown profile 'outages/hare.toml'; known, nearest first: 'outages/here.toml', "
    with pytest.raises(UnknownName, match=told):
        profiles.load("outages/hare.toml")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('"outages"', r"^pyproject.toml:2: .*expected a list of strings; got 'outages'"),
        ('["outage"]', r"^pyproject.toml:2: .*there is no folder .*outage$"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line(folder, setting, told):
    (folder.parent / "pyproject.toml").write_text(f"[tool.chaos_llm]\nprofiles = {setting}\n")

    with pytest.raises(ProfileError, match=told):
        profiles.names()


def test_a_misspelt_setting_is_reported_with_its_line(folder):
    (folder.parent / "pyproject.toml").write_text('[tool.chaos_llm]\nprofile = ["outages"]\n')

    told = r"^pyproject.toml:2: unknown key 'profile'; known, nearest first: 'profiles', "
    with pytest.raises(UnknownName, match=told):
        profiles.names()


def test_wrong_tags_are_reported_where_tags_are_looked_up(folder, toml):
    (folder / "our-bad-day.toml").write_text(toml({"tags": '"5xx"'}))

    with pytest.raises(ProfileError, match=r"our-bad-day.toml:4: tags: expected a list of strings"):
        profiles.tags()


def test_names_and_tags_are_looked_up_without_pydantic():
    script = (
        "import sys; from chaos_llm import profiles; profiles.names(); profiles.tags();"
        "profiles.with_tag('5xx'); print('pydantic' in sys.modules)"
    )
    root = os.path.dirname(os.path.dirname(chaos_llm.__file__))  # noqa: PTH120

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": root},
    )

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("given", [5, ["a"], overloaded()], ids=["number", "list", "fault"])
def test_what_is_no_profile_is_refused_with_the_way_to_inject_a_fault(given):
    with pytest.raises(UsageError, match="by its name or the path"), outage(given):
        pytest.fail("the outage began")
