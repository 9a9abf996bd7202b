"""Any content of a file is answered with a message with name and line, in bounded time."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_llm.errors import ChaosError
from chaos_llm.profiles import lint, loads
from chaos_llm.profiles.catalogue import find, names

HEAD = 'title = "t"\nstarts = 2026-01-01T00:00:00Z\nends = "+1h"\n'
WINDOW = """[[window]]
name = "w{}"
from = "+0s"
until = "+10m"
on = [{{ provider = "anthropic" }}]
share = {}
faults = [{{ fault = "overloaded" }}]
evidence = "assumed"
"""
SHIPPED = [find(name).read_text(encoding="utf-8") for name in names()[:12]]


def problems(tmp_path, content):
    path = tmp_path / "ours.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return lint.problems(path)


HOSTILE = {
    "nothing": (b"", 1),
    "bytes that are no text": (b"title = 1\n\xff\xfe", 2),
    "a NUL": (b"title = 1\n\0", 2),
    "brackets": (b"[" * 4, 1),
    "100,000 brackets in a row": (b"title = 1\na = " + b"[" * 100_000, 2),
    "100,000 brackets, closed": (b"title = 1\na = " + b"[" * 100_000 + b"]" * 100_000, 2),
    "tables in tables": (b"title = 1\na = " + b"{ a = " * 5_000 + b"1" + b"}" * 5_000, 2),
    "a key of 50,000 parts": (b"title = 1\n" + b".".join([b"a"] * 50_000) + b" = 1", 2),
    "a number of 5,000 digits": (b"title = 1\n\nseed = " + b"9" * 5000, 3),
    "hexadecimal for ever": (b"title = 1\nseed = 0x" + b"f" * 50_000, 2),
    "a float beyond floats": (HEAD.encode() + b"window = 1e999\n", 4),
    "nan": (HEAD.encode() + WINDOW.format(1, "nan").encode(), 9),
    "a share of 400 digits": (HEAD.encode() + WINDOW.format(1, "9" * 400).encode(), 9),
    "the first year": (HEAD.replace("2026-01", "0001-01").replace("Z", "+14:00").encode(), 2),
    "the last year": (HEAD.replace("2026-01-01", "9999-12-31").encode(), 2),
    "a month too many": (HEAD.replace("2026-01", "2026-13").encode(), 2),
    "an end beyond time": (HEAD.replace("+1h", "+" + "9" * 300 + "d").encode(), 3),
    "spaces for ever": (HEAD.replace("+1h", "+" + " " * 100_000).encode(), 3),
    "a text of a megabyte": (b'title = "' + b"x" * 900_000 + b'"\ntitel = 1', 2),
    "an unknown key of a megabyte": (HEAD.encode() + b"x" * 900_000 + b" = 1", 4),
    "more than a megabyte": (b"#" * 1_100_000, 1),
    "carriage returns": (b"title = 1\r\rstarts = 2", 1),
    "a mark of order": ("title = 1\n\u202e = 2".encode(), 2),
    "a table and its like": (b"title = 1\n[sources]\n[[sources]]", 3),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line"), HOSTILE.values(), ids=HOSTILE)
def test_e_any_bytes_give_a_message_with_file_and_line(tmp_path, monkeypatch, content, line):
    monkeypatch.chdir(tmp_path)
    found = problems(tmp_path, content)
    assert found
    assert any(problem.startswith(f"ours.toml:{line}: ") for problem in found), found[0][:300]
    for problem in found:
        assert re.match(r"ours\.toml:\d+: ", problem)
        assert problem.isprintable()
        assert len(problem) < 1000


def test_e_100_000_invalid_windows_complain_soon_and_briefly(tmp_path):
    began = time.process_time()
    found = problems(tmp_path, HEAD + "[[window]]\nx = 1\n" * 60_000)
    assert len(found) == 1
    assert "expected at most 2000 windows" in found[0]
    assert time.process_time() - began < 30  # a wide margin: it took 50 s, and 941 MB


def test_e_of_many_mistakes_the_first_are_listed(tmp_path):
    text = HEAD + "".join(WINDOW.format(number, 5) for number in range(1500))
    found = problems(tmp_path, text)
    assert len(found) == 21
    assert found[0].endswith("got 5")
    assert "there are more; these are the first 20" in found[-1]


def test_e_2_000_sound_windows_are_looked_at_soon(tmp_path):
    began = time.process_time()
    text = HEAD + 'tags = ["x"]\n' + "".join(WINDOW.format(number, 1) for number in range(2000))
    assert len(problems(tmp_path, text)) == 1999  # all behind the first one never strike
    assert time.process_time() - began < 30


def test_e_windows_that_are_each_like_the_next_are_bounded(tmp_path):
    text = HEAD + WINDOW.format(0, 1)
    for number in range(1, 200):
        text += f'[[window]]\nname = "w{number}"\nfrom = "+0s"\nuntil = "+10m"\n'
        text += f'extends = "w{number - 1}"\nevidence = "assumed"\n'
    assert "at most 50 windows" in problems(tmp_path, text)[0]


def mutated(draw):
    """A profile with something wrong in it, anywhere."""
    text = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        other = draw(st.sampled_from(SHIPPED))
        begins = draw(st.integers(0, len(other)))
        piece = draw(
            st.sampled_from(
                ['"', "[", "]]", "{", "=", "\n", "\n[", "9" * 30, "-1", "nan", "'''", ""]
            )
            | st.text(max_size=8)
            | st.just(other[begins : begins + 60])
        )
        text = text[:at] + piece + text[at + draw(st.integers(0, 60)) :]
    return text


@settings(max_examples=300, deadline=None)
@given(st.composite(mutated)())
def test_a_mutated_profile_is_read_or_explained(text):
    try:
        loads(text, name="mutated")
    except ChaosError as error:
        first = str(error).split("\n")[0]
        assert re.match(r"mutated\.toml:\d+: ", first), first


def test_e_the_command_prints_the_mistake_without_a_traceback(tmp_path):
    for name, content in (("deep", b"a = " + b"[" * 100_000), ("long", b"a = " + b"9" * 5000)):
        (tmp_path / f"{name}.toml").write_bytes(content)
    (tmp_path / "odd\udcff\n.toml").write_bytes(b"title = 1")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "round.toml").symlink_to(tmp_path / "round.toml")
    shown = subprocess.run(
        [sys.executable, "-m", "chaos_llm", "lint", str(tmp_path)],
        capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "ascii"},
        cwd=Path(__file__).parent,
    )  # fmt: skip
    assert shown.returncode == 1, shown.stderr
    assert "Traceback" not in shown.stderr + shown.stdout
    assert "deep.toml:1: expected at most 50 values inside values" in shown.stdout
    assert "long.toml:1: expected numbers" in shown.stdout
