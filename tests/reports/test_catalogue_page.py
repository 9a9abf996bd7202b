"""The page of the catalogue says of each profile what its file says."""

from __future__ import annotations

import re

import pytest

from chaos_llm import profiles
from chaos_llm.reports.profiles.catalogue_page import render

SHIPPED = [profiles.load(name) for name in profiles.names()]


@pytest.fixture(scope="module")
def page():
    return render(SHIPPED)


def test_every_profile_has_a_row_and_a_section_with_windows_and_sources(page):
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
