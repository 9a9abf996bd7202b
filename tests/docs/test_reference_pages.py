"""The generated pages of the reference name everything that they are about."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from gallery.bugs import BUGS, UNSEEN
from reference_pages import GENERATORS, filled_in, sdk_matrix

from chaos_llm import checks, profiles
from chaos_llm.cli import COMMANDS
from chaos_llm.faults import FAULTS
from chaos_llm.providers import PROVIDERS
from chaos_llm.providers.refusals import every_rule

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHIPPED = set(profiles.names())
DATED = re.compile(r"`([a-z][\w-]*-20\d\d-[\w-]+)`")


def headings(text):
    return set(re.findall(r"^## (\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", GENERATORS)
def test_each_generator_has_a_page_with_a_placeholder(name):
    mark = f"<!-- generated: {name} -->"
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "docs").rglob("*.md")]
    (page,) = (text for text in texts if mark in text)

    assert "<!-- generated:" not in filled_in(page)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_table_is_a_table(name):
    for table in re.findall(r"(?:^\|.*\|\n)+", GENERATORS[name](), re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1, table[:200]


def test_a_placeholder_without_a_generator_is_an_error():
    with pytest.raises(KeyError, match="no-such-page"):
        filled_in("# Title\n\n<!-- generated: no-such-page -->\n")


def test_every_fault_has_a_section_with_its_parameters():
    page = GENERATORS["faults"]()

    assert headings(page) == set(FAULTS)
    assert "rate_limited(retry_after='vendor')" in page


def test_every_check_has_a_section_with_the_reason_for_it():
    page = GENERATORS["checks"]()

    offered = {name for name in checks.__all__ if name.islower() and name != "standard"}
    assert headings(page) == offered
    assert all(f"Why it matters: {getattr(checks, name).why}." in page for name in offered)


def test_every_wire_format_has_a_row_in_the_section_of_its_provider():
    page = GENERATORS["wire-formats"]()

    sections = {text.partition("\n")[0]: text for text in page.split("## ")[1:]}
    for provider in PROVIDERS:
        stem = type(provider).__module__.rpartition(".")[2]
        section = sections[provider.name]
        assert f"| `{provider.api}` | `{provider.surface}` |" in section
        assert f"| `{stem}` |" in section
        assert all(f"`{host}`" in section for host in provider.hosts)


def test_every_rule_about_requests_is_listed_with_its_source():
    page = GENERATORS["refusals"]()

    for table, rule in every_rule():
        assert f"## {table.name}\n" in page
        assert f"| {rule.name} | " in page
        assert rule.source.where.replace("|", "\\|") in page


def test_every_command_has_a_section_with_its_options():
    page = GENERATORS["cli"]()

    names = {
        command.__name__.rpartition(".")[2].strip("_").replace("_", "-") for command in COMMANDS
    }
    assert headings(page) == names
    assert "| `--clock manual|real|scaled` |" in page.replace("\\|", "|")


def test_every_profile_has_a_row_and_a_section():
    page = GENERATORS["catalogue"]()

    assert headings(page) == SHIPPED
    assert set(re.findall(r"^\| \[([\w-]+)\]", page, re.MULTILINE)) == SHIPPED


def test_every_key_of_the_format_has_a_row():
    page = GENERATORS["profile-format"]()

    def keys(table):
        yield from table.get("properties", {})
        for each in table.get("$defs", {}).values():
            yield from keys(each)

    assert set(keys(profiles.schema())) <= set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


def test_every_measured_cell_of_the_sdk_matrix_is_shown():
    page = GENERATORS["sdk-matrix"]()

    shown = {text.partition("\n")[0]: text for text in page.split("## ")[1:]}
    for path in sdk_matrix.EXPECTED.glob("*.json"):
        package, _, major = path.stem.rpartition("-")
        for client, rows in json.loads(path.read_text(encoding="utf-8")).items():
            section = shown.pop(f"{client}: {package} {major}.x").splitlines()
            assert len(rows) == sum(line.startswith("| `") for line in section)
            for fault, outcomes in rows.items():
                first = next(iter(outcomes.values())).replace("|", "\\|")
                row = f"| `{fault}` | {first} |"
                assert any(line.startswith(row) for line in section), row
    assert not shown


def test_every_bug_of_the_gallery_is_shown_with_its_reports():
    page = GENERATORS["gallery"]()

    for bug in (*BUGS, *UNSEEN):
        assert f"{bug.library} {bug.version}" in page
        assert bug.says in page
        assert all(f"[{issue}]" in page for issue in bug.issues)
    assert all(bug.fix in page for bug in BUGS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_profile_that_a_page_names_is_shipped(path):
    named = set(DATED.findall(path.read_text(encoding="utf-8")))

    assert {name for name in named if not name.startswith("ours-")} <= SHIPPED
