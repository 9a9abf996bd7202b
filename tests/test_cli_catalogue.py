"""The commands on profiles and the catalogue, run as from a shell."""

from __future__ import annotations

import json
import os
import tomllib

import jsonschema
import pytest
from support.commands import run_command

from chaos_llm import profiles
from chaos_llm.profiles import catalogue

WAVES, STORM = "anthropic-2026-03-02-three-waves", "anthropic-529-storm"
BAD = """title = "t"
starts = 2026-03-02T11:00:00Z
ends = "+1h"
tags = ["a"]
[[window]]
name = "w"
from = "+0m"
until = "+1h"
on = [{ provider = "anthropic" }]
share = 0.0
faults = [{ fault = "overloaded" }]
evidence = "assumed"
"""


def test_lint_without_a_name_looks_at_every_profile():
    result = run_command("lint")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{len(profiles.names())} profiles, no problem\n"


def test_lint_prints_each_problem_with_file_and_line_and_ends_with_1(tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    (tmp_path / "worse.toml").write_text(BAD.replace("0.0", "2"))

    result = run_command("lint", ".", cwd=tmp_path)

    assert result.returncode == 1
    zero, over, count = result.stdout.splitlines()
    assert zero.startswith("bad.toml:10: window 'w': share: it is always 0")
    assert over.startswith("worse.toml:10: window 'w': share: expected a number from 0 to 1")
    assert count == "2 profiles, 2 problems"


def test_lint_of_a_file_that_is_not_there_ends_with_2(tmp_path):
    result = run_command("lint", "nowhere.toml", cwd=tmp_path)

    assert result.returncode == 2
    assert result.stderr.startswith("chaos-llm: unknown profile 'nowhere.toml'")


def test_lint_of_a_folder_without_profiles_is_no_pass(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.chaos_llm]\n")  # no profile, though a .toml

    result = run_command("lint", ".", cwd=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    assert ". holds no profile: give a folder with .toml files" in result.stderr


def test_of_very_many_names_the_nearest_are_printed_and_how_to_see_all():
    shown = run_command("show", "anthropic-529").stderr

    assert "nearest first: 'anthropic-529-storm', " in shown
    assert shown.count("'") == 2 * 13
    assert shown.endswith(
        f" and {len(profiles.names()) - 12} more: `chaos-llm profiles` lists them\n"
    )


def test_a_wrong_date_is_answered_with_the_right_form():
    result = run_command("profiles", "--since", "2026-13-01")

    assert result.returncode == 2
    assert "--since: a day is written as 2026-03-02; got '2026-13-01'" in result.stderr


def test_a_choice_that_no_profile_fits_is_no_empty_list():
    result = run_command("profiles", "--provider", "deepseek", "--surface", "login")

    assert (result.returncode, result.stdout) == (2, "")
    assert "no profile matches all of these filters" in result.stderr


def test_schema_prints_the_format_as_a_json_schema():
    result = run_command("schema", "profile")

    schema = json.loads(result.stdout)
    assert result.returncode == 0
    assert {"title", "starts", "window", "edge"} <= set(schema["properties"])
    window = schema["$defs"]["WindowTable"]["properties"]
    assert {"flap", "capacity", "network", "except"} <= set(window)
    assert "a line of points" in window["share"]["description"]
    assert "overloaded" in schema["$defs"]["WeightedFaultTable"]["properties"]["fault"]["enum"]
    assert "slicer" in schema["$defs"]["ToxicTable"]["properties"]["toxic"]["enum"]
    assert "groq" in schema["$defs"]["TargetTable"]["properties"]["provider"]["examples"]


def test_every_shipped_profile_keeps_to_the_schema():
    validator = jsonschema.Draft202012Validator(profiles.schema())

    for name in profiles.names():
        tables = tomllib.loads(catalogue.find(name).read_text(encoding="utf-8"))
        plain = json.loads(json.dumps(tables, default=lambda moment: moment.isoformat()))
        assert [error.message for error in validator.iter_errors(plain)] == [], name


def test_diff_prints_the_differences_and_ends_with_1():
    result = run_command("diff", WAVES, STORM)

    assert (result.returncode, result.stderr) == (1, "")
    assert "Windows that only other has" in result.stdout
    assert "starts: 02 Mar 2026 11:37 -> 30 Jul 2026 05:03" in result.stdout


def test_diff_of_a_profile_with_itself_ends_with_0():
    result = run_command("diff", WAVES, WAVES)

    assert result.returncode == 0
    assert result.stdout.endswith("no difference\n")


def test_month_prints_a_profile_that_can_be_checked_and_shown(tmp_path):
    result = run_command("month", "--seed", "7", "--provider", "openai", "--incidents", "3")
    (tmp_path / "month-7.toml").write_text(result.stdout)

    assert (result.returncode, result.stderr) == (0, "")
    assert len(profiles.load(tmp_path / "month-7.toml").windows) == 3
    assert run_command("lint", "month-7.toml", cwd=tmp_path).returncode == 0
    assert "openai 3" in run_command("show", "month-7.toml", cwd=tmp_path).stdout
    again = run_command("month", "--seed", "7", "--provider", "openai", "--incidents", "3")
    assert again.stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["month", "--provider", "cohere"], "unknown provider with statistics 'cohere'"),
        (
            ["profiles", "--provider", "gorq"],
            "unknown provider 'gorq'; known, nearest first: 'groq'",
        ),
        (["profiles", "--surface", "api2"], "unknown surface 'api2'"),
    ],
)
def test_an_unknown_name_ends_with_2(arguments, says):
    result = run_command(*arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"chaos-llm: {says}")


def test_profiles_are_filtered_by_provider_surface_and_date():
    result = run_command(
        "profiles", "--provider", "anthropic", "--surface", "login", "--since", "2026-03-02"
    )

    listed = [line.split()[0] for line in result.stdout.splitlines()]
    assert WAVES in listed
    assert STORM not in listed  # it hits no login
    assert all(profiles.load(name).starts.year >= 2026 for name in listed)


def test_show_draws_bursts_and_prints_the_evidence_of_facts(tmp_path):
    text = BAD.replace("share = 0.0", 'share = 1.0\nflap = { down = "10m", up = "10m" }')
    (tmp_path / "flaps.toml").write_text(text)

    # readline sets COLUMNS where os.environ does not show it; a child has the one that is given.
    environment = os.environ | {"COLUMNS": "80"}
    result = run_command("show", "flaps.toml", cwd=tmp_path, env=environment)

    bar = next(line for line in result.stdout.splitlines() if line.startswith("w "))
    assert bar.count("█") == pytest.approx(bar.count(" "), abs=12)
    assert "[assumed]" in result.stdout
    assert "flaps on for 10 min, off for 10 min, and again" in result.stdout
