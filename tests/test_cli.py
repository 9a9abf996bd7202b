"""The command line, run as from a shell."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import COMMAND, run_command
from support.once import made_once
from support.waiting import PATIENCE

from chaos_llm.cli import main
from chaos_llm.profiles import names, with_tag

WAVES = "anthropic-2026-03-02-three-waves"


def on_a_terminal(*arguments):
    """What a command writes to the terminal it runs on."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "100"},
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            read = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not read:
            break
        written += read
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    return written.decode()


def test_help_names_every_command():
    result = run_command("--help")
    assert result.returncode == 0
    for command in ("demo", "profiles", "show"):
        assert command in result.stdout


@pytest.mark.parametrize("command", ["demo", "profiles", "show"])
def test_every_command_has_help_of_its_own(command):
    result = run_command(command, "--help")
    assert result.returncode == 0
    assert f"chaos-llm {command}" in result.stdout


def test_without_a_command_it_lists_the_commands():
    result = run_command()
    assert result.returncode == 2
    assert re.search(r"^ +init +Write a first test", result.stderr, re.MULTILINE)


def test_profiles_lists_every_profile():
    result = run_command("profiles")
    assert (result.returncode, result.stderr) == (0, "")
    for name in names():
        assert name in result.stdout


def test_profiles_of_a_tag_are_those_with_it():
    result = run_command("profiles", "--tag", "relapse")
    listed = {name for name in names() if re.search(rf"^{name}\b", result.stdout, re.MULTILINE)}
    assert listed == set(with_tag("relapse"))


def test_show_draws_the_profile_with_its_sources():
    result = run_command("show", WAVES)
    assert (result.returncode, result.stderr) == (0, "")
    assert "wave 1: logins fail" in result.stdout
    assert "daillac.com" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_show_takes_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("title = 3\n", encoding="utf-8")
    result = run_command("show", str(path))
    assert result.returncode == 2
    assert f"{path}:1" in result.stderr or "mine.toml" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "anthropic-2026-03-02-tree-waves"], "unknown profile"),
        (["profiles", "--tag", "relaps"], "unknown tag 'relaps'; known, nearest first: 'relapse'"),
        (["show", "nowhere.toml"], "unknown profile 'nowhere.toml'"),
    ],
    ids=["profile", "tag", "file"],
)
def test_an_unknown_name_prints_the_nearest_and_ends_with_2(arguments, says):
    result = run_command(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"chaos-llm: {says}")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["demo", "--seed", "x"], ["shwo"], ["show"]])
def test_a_mistyped_line_ends_with_2_and_its_usage(arguments):
    result = run_command(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: chaos-llm")


def test_a_reader_that_has_read_enough_is_no_error():
    """`chaos-llm show NAME | head -1`"""
    process = subprocess.Popen(
        [*COMMAND, "show", WAVES], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_the_installed_command_is_the_same():
    command = Path(sys.executable).with_name("chaos-llm")
    result = subprocess.run([command, "profiles"], capture_output=True, text=True, check=False)
    assert result.stdout == run_command("profiles").stdout


@pytest.fixture(scope="session")
def piped(tmp_path_factory):
    """What the demo prints into a pipe."""

    def play(folder):
        done = run_command("demo", env=os.environ | {"COLUMNS": "100"})
        assert (done.returncode, done.stderr) == (0, "")
        (folder / "out").write_text(done.stdout)

    return (made_once(tmp_path_factory, "demo-piped", play) / "out").read_text()


@pytest.fixture(scope="session")
def shown(tmp_path_factory):
    """What it shows on a terminal."""

    def play(folder):
        (folder / "out").write_bytes(on_a_terminal("demo").encode())

    return (made_once(tmp_path_factory, "demo-shown", play) / "out").read_bytes().decode()


class TestDemo:
    def test_replays_the_profile_against_both_bots(self, piped):
        for word in ("naive", "hardened", WAVES):
            assert word in piped

    def test_into_a_file_it_shows_no_progress(self, piped):
        assert "\r" not in piped
        assert "\x1b" not in piped

    def test_on_a_terminal_a_bar_shows_the_progress(self, shown):
        shares = [int(share) for share in re.findall(r"\r[^\r\n]*\] +(\d+) %", shown)]
        assert len(shares) > 10
        assert shares == sorted(shares)
        assert shares[0] <= 10
        assert shares[-1] >= 99

    def test_the_bar_is_gone_at_the_end(self, shown, piped):
        bar = shown[: shown.rindex("]")].rpartition("\r")[2]
        behind = shown[shown.rindex("]") :].split("\r")
        assert behind[1].strip(" ") == ""
        assert len(behind[1]) > len(bar)
        assert shown.replace("\r\n", "\n").endswith(piped.partition("\n\n")[2])

    def test_a_seed_selects_the_run_and_each_bot_has_a_page(
        self, piped, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.setenv("COLUMNS", "100")
        assert main(["demo", "--seed", "0", "--html", str(tmp_path / "pages")]) == 0
        output = capsys.readouterr()
        assert (output.out[: len(piped)], output.err) == (piped, "")
        pages = sorted((tmp_path / "pages").iterdir())
        assert [page.name for page in pages] == ["hardened.html", "naive.html"]
        assert "Every user was answered" in pages[0].read_text(encoding="utf-8")
        assert "went unanswered" in pages[1].read_text(encoding="utf-8")

    def test_without_the_vendors_sdks_it_names_the_extra_to_install(self):
        missing = "import sys; sys.modules['anthropic'] = None; from chaos_llm import cli; "
        result = subprocess.run(
            [sys.executable, "-c", missing + "sys.exit(cli.main(['demo']))"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 2
        assert "pip install 'chaos_llm[demo]'" in result.stderr
        assert "Traceback" not in result.stderr
