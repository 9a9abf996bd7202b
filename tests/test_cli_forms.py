"""What every command has: a version, JSON, colours where they are wanted, completion, widths."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest
from support.commands import COMMAND, run_command
from support.waiting import PATIENCE

from chaos_llm import profiles

WAVES, STORM = "anthropic-2026-03-02-three-waves", "anthropic-529-storm"
ESCAPE = "\x1b["


def on_a_terminal(*arguments, **variables):
    """What a command writes where its standard output is a terminal."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stdin=theirs, env=env | {"TERM": "xterm"} | variables
    ) as process:
        os.close(theirs)
        written = b""
        while read := _read(ours):
            written += read
        os.close(ours)
        assert process.wait(PATIENCE) == 0
    return written.decode()


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the other end is closed
        return b""


def completions(line):
    """What a shell is offered at the end of a line, as argcomplete's shell function asks."""
    read, write = os.pipe()
    env = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": f"/dev/fd/{write}",
    }
    chaos_llm = Path(sys.executable).with_name("chaos-llm")
    subprocess.run(
        [chaos_llm], env=os.environ | env, pass_fds=(write,), check=True, timeout=PATIENCE
    )
    os.close(write)
    with os.fdopen(read) as offered:
        return [word.rstrip() for word in offered.read().split("\n")]


def test_version_is_that_of_the_package():
    result = run_command("--version")
    assert (result.returncode, result.stdout) == (0, f"chaos-llm {version('chaos_llm')}\n")


def test_profiles_are_found_by_words_in_any_case():
    result = run_command("profiles", "GPU", "network")
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "openai-2025-06-10-gpu-network"
    ]


def test_words_that_no_profile_has_are_no_empty_list():
    result = run_command("profiles", "no-such-word")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no profile matches" in result.stderr


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_profile_has_one_line_that_fits_the_terminal_and_its_whole_name(columns):
    lines = run_command("profiles", env=os.environ | {"COLUMNS": str(columns)}).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(profiles.names())
    longest = max(map(len, profiles.names()))  # a name is never cut
    assert max(map(len, lines)) <= max(columns, longest)


def test_profiles_as_json_have_what_the_filters_look_at():
    listed = json.loads(run_command("profiles", "--json").stdout)
    assert [each["name"] for each in listed] == list(profiles.names())
    waves = next(each for each in listed if each["name"] == WAVES)
    assert {"api", "login"} <= set(waves["surfaces"])
    assert waves["providers"] == ["anthropic"]
    assert waves["starts"] == "2026-03-02T11:37:00+00:00"


def test_show_as_json_keeps_to_the_schema_and_is_the_profile():
    shown = json.loads(run_command("show", WAVES, "--json").stdout)
    jsonschema.validate(shown, profiles.schema())
    assert [window["name"] for window in shown["window"]] == [
        window.name for window in profiles.load(WAVES).windows
    ]


def test_diff_as_json_has_the_differences_and_ends_with_1():
    result = run_command("diff", WAVES, STORM, "--json")
    found = json.loads(result.stdout)
    assert result.returncode == 1
    assert found["differences"]["The profile"][0].startswith("title: ")
    same = run_command("diff", WAVES, WAVES, "--json")
    assert (same.returncode, json.loads(same.stdout)["differences"]) == (0, {})


@pytest.fixture
def bad(tmp_path):
    (tmp_path / "bad.toml").write_text('title = "t"\nstarts = 3\nends = "+1h"\n')
    return tmp_path


def test_lint_as_json_has_file_line_and_message(bad):
    result = run_command("lint", ".", "--json", cwd=bad)
    found = json.loads(result.stdout)
    assert result.returncode == 1
    assert found["profiles"] == 1
    assert {(each["file"], each["line"]) for each in found["problems"]} >= {("bad.toml", 2)}
    assert all(each["message"] for each in found["problems"])


def test_lint_for_github_annotates_the_line(bad):
    result = run_command("lint", ".", "--github", cwd=bad)
    assert result.returncode == 1
    assert "::error file=bad.toml,line=2,title=chaos-llm lint::starts: " in result.stdout


def test_colours_are_for_terminals_alone():
    assert ESCAPE in on_a_terminal("show", STORM)
    assert ESCAPE not in run_command("show", STORM).stdout


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_that_wants_no_colours_gets_none(variables):
    assert ESCAPE not in on_a_terminal("show", STORM, **variables)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_code_for_the_shell(shell):
    result = run_command("completion", shell)
    assert result.returncode == 0
    assert "chaos-llm" in result.stdout
    assert "_ARGCOMPLETE" in result.stdout


def test_a_shell_completes_commands_options_and_profiles():
    assert {"show", "serve", "schema"} <= set(completions("chaos-llm s"))
    assert "--surface" in completions("chaos-llm profiles --s")
    assert STORM in completions("chaos-llm show anthropic-529")
    assert STORM in completions("chaos-llm serve anthropic-529")


def test_without_argcomplete_it_names_the_extra_to_install():
    missing = "import sys; sys.modules['argcomplete'] = None; from chaos_llm import cli; "
    result = subprocess.run(
        [sys.executable, "-c", missing + "sys.exit(cli.main(['completion', 'bash']))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "pip install 'chaos_llm[completion]'" in result.stderr
