"""The checker of internal links finds what leads nowhere, and nothing else."""

from __future__ import annotations

import pytest
from check_links import broken_in_site, broken_in_texts

OTHER = '<h1 id="top">Other</h1>'


@pytest.fixture
def broken(tmp_path):
    """The broken links of a site with one page of that body, and another page beside it."""

    def find(body):
        (tmp_path / "other.html").write_text(OTHER, encoding="utf-8")
        (tmp_path / "index.html").write_text(body, encoding="utf-8")
        return list(broken_in_site(tmp_path))

    return find


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other.html">',
        '<a href="other.html#top">',
        '<p id="here"><a href="#here">',
        '<a href="https://example.com/missing">',
        '<a href="other%2Ehtml">',
    ],
)
def test_a_link_that_leads_somewhere_is_fine(broken, body):
    assert broken(body) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="gone.html">', "index.html: gone.html: no such file"),
        ('<img src="gone.png">', "index.html: gone.png: no such file"),
        ('<a href="other.html#gone">', "index.html: other.html#gone: no such place on that page"),
        ('<a href="#gone">', "index.html: #gone: no such place on that page"),
    ],
)
def test_a_link_that_leads_nowhere_is_named(broken, body, problem):
    assert broken(body) == [problem]


def test_a_text_that_links_to_a_missing_file_is_named(tmp_path):
    (tmp_path / "there.md").write_text("[a](README.md) [`b`](https://example.com/x) `[c](gone.md)`")
    (tmp_path / "README.md").write_text("[a](there.md#x) [`b`](docs/gone.md) ![p](gone.png)")
    assert list(broken_in_texts(tmp_path)) == [
        "README.md: docs/gone.md: no such file",
        "README.md: gone.png: no such file",
    ]
