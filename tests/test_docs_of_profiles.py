"""The page on recording an incident is right: its profile is one, and its words are known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from chaos_llm import profiles
from chaos_llm.config import own_table
from chaos_llm.profiles import lint
from chaos_llm.requests.billing_tiers import TIERS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "how-to" / "record-an-incident.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DAY = next(block for block in BLOCKS if block.startswith("title"))


def in_the_table() -> list[str]:
    """What the table of words says in code type, where it is a whole `key = value`."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [code for row in rows for code in re.findall(r"`(\w+ = [^`]*[^.`])`", row)]


def test_the_example_is_a_profile_without_a_problem(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ours-2026-05-04-gateway.toml"
    path.write_text(DAY)

    assert lint.problems(path) == []
    assert profiles.load(path).windows[0].ends == (5400.0, 6000.0)


@pytest.mark.parametrize("said", in_the_table())
def test_each_form_of_a_value_is_read(said):
    key = said.partition(" ")[0]
    inside = "surface", "tier", "credential"
    window = {
        "name": '"w"',
        "from": '"+0m"',
        "until": '"+30m"',
        "on": '[{ provider = "openai" }]',
        "share": "1.0",
        "faults": '[{ fault = "overloaded" }]',
        "evidence": '"assumed"',
    }
    if key in inside:
        window["on"] = f'[{{ provider = "openai", {said} }}]'
    elif key not in ("extends", "impact"):
        window[key] = said.partition(" = ")[2]
    if key == "network":
        del window["faults"]
    text = 'title = "t"\nstarts = 2026-01-01T00:00:00Z\nends = "+1h"\n[[window]]\n'
    text += "".join(f"{name} = {value}\n" for name, value in window.items())
    text += '[edge.cloudflare]\nproviders = ["openai"]\nevidence = "assumed"\n'
    if key == "impact":
        text += f'[status_page.openai]\nposts = [{{ at = "+1m", {said}, evidence = "assumed" }}]\n'

    assert profiles.loads(text, name="x").windows


def test_the_page_shows_many_forms_of_values():
    assert len(in_the_table()) >= 12


def test_the_settings_it_shows_are_settings(tmp_path):
    for block in BLOCKS:
        if block.startswith("[tool.chaos_llm"):
            (tmp_path / "pyproject.toml").write_text(block)
            assert own_table(tmp_path)[1]
    tiers = tomllib.loads(next(b for b in BLOCKS if "tiers" in b))["tool"]["chaos_llm"]["tiers"]
    assert set(tiers.values()) <= set(TIERS)
