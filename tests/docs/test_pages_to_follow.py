"""Pages to follow are followed as they stand, in an empty folder: each file, each command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.exhaustive(of_file=1)  # each follows a page command by command

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (
    "tutorial.md",
    "how-to/existing-suite.md",
    "how-to/write-a-fault.md",
    "how-to/write-a-provider.md",
)
STEP = re.compile(r"^```(?P<kind>python|console)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING_UP = ("mkdir ", "python -m venv ", "pip install ")  # this environment has it all


def steps(page):
    """What the page says to do: each file to write, each command with the lines it shows."""
    for found in STEP.finditer(page):
        if found["kind"] == "python":
            name, _, text = found["text"].removeprefix("# ").partition("\n")
            yield "write", name, text
        else:
            for shown in re.split(r"^\$ ", found["text"], flags=re.MULTILINE)[1:]:
                command, _, output = shown.partition("\n")
                yield "run", command, output


def write(folder, name, text):
    """Write a file; "NAME, added" goes behind what the file has."""
    name, _, added = name.partition(", ")
    with (folder / name).open("a" if added else "w", encoding="utf-8") as file:
        file.write(f"\n\n{text}" if added else text)


def run(folder, command):
    """What a command prints where the reader stands."""
    here = Path(sys.executable).parent
    env = os.environ | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_ADDOPTS": "-p chaos_llm.pytest_plugin.plugin -p no:cacheprovider",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the reader has none of ours
        "COLUMNS": "100",
    }
    done = subprocess.run(
        command.split(),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,  # the page says which tests fail
    )
    return done.stdout + done.stderr


def unseen(shown, printed):
    """The first line of a page that a command did not print there; numbers may differ."""
    lines = iter(map(plain, printed.splitlines()))
    for line in shown.splitlines():
        pattern = ".*".join(re.escape(part.strip()) for part in plain(line).split("…"))
        if line.strip() != "..." and not any(re.search(pattern, each) for each in lines):
            return line
    return ""


def plain(line):
    """A line without its numbers, runs of spaces, and rulers."""
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)?", "N", line)).strip("= ")


@pytest.mark.timeout(600)  # the tutorial starts pytest six times
@pytest.mark.parametrize("page", PAGES)
def test_a_page_to_follow_shows_the_real_output(page, tmp_path):
    ran = 0
    for kind, what, text in steps((DOCS / page).read_text(encoding="utf-8")):
        if kind == "write":
            write(tmp_path, what, text)
        elif not what.startswith(SETTING_UP):
            printed = run(tmp_path, what)
            assert not unseen(text, printed), f"$ {what}\n{printed}"
            ran += 1
    assert ran


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("1 passed in 0.5s", ""),
        ("...\nFAIL … one(): call 7 was late", ""),
        ("2 failed", "2 failed"),
        ("1 passed\nFAIL", "FAIL"),  # in another order
    ],
)
def test_a_line_that_was_not_printed_is_found(shown, found):
    printed = "E  FAIL   one(): call 43 was late\n=== 1 passed in 2.25s ===\n"
    assert unseen(shown, printed) == found


def test_every_page_to_follow_is_followed():
    marked = {
        str(path.relative_to(DOCS))
        for path in DOCS.rglob("*.md")
        if path.read_text(encoding="utf-8").startswith("<!-- followed in an empty folder by ")
    }
    assert marked == set(PAGES)
