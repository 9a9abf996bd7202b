"""The docs page of the catalogue is written from the files; UPDATE_CATALOGUE=1 writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from chaos_llm import profiles
from chaos_llm.reports.profiles.catalogue_page import render

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "catalogue.md"
SHIPPED = [profiles.load(name) for name in profiles.names()]


@pytest.fixture(scope="module")
def page():
    return render(SHIPPED)


def test_the_docs_have_the_catalogue_as_it_is(page):
    if os.environ.get("UPDATE_CATALOGUE"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page


def test_every_day_has_a_row_and_a_section_with_its_windows_and_sources(page):
    sections = {s.split("\n", 1)[0]: " ".join(s.split()) for s in page.split("\n## ")[1:]}

    assert set(sections) == {profile.name for profile in SHIPPED}
    for profile in SHIPPED:
        assert f"| [{profile.name}](#{profile.name}) | {profile.starts:%Y-%m-%d} |" in page
        assert all(w.name.replace("|", "\\|") in sections[profile.name] for w in profile.windows)
        assert all(s.address in sections[profile.name] for s in profile.sources.values())


def test_every_table_is_a_table(page):
    for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1, table[:200]


def test_what_it_links_to_is_there(page):
    for name in re.findall(r"\]\((?!#)([^)]+)\)", page):
        assert (DOCS / name).is_file()
