"""The matrix as a page, and on a terminal: what `chaos-llm matrix` prints."""

from __future__ import annotations

import re

import pytest

from chaos_llm.cli import main
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.sdk_matrix import page
from chaos_llm.sdk_matrix.cells import Cell
from chaos_llm.sdk_matrix.clients import CLIENTS
from chaos_llm.sdk_matrix.matrix_text import chosen, left_out

pytestmark = pytest.mark.exhaustive(of_file=3)  # each plays a matrix

HERE = [client for client in CLIENTS if not client.missing]


class Known:
    """A client as far as a page is concerned."""

    def __init__(self, name, package, version):
        self.name, self.package, self.version = name, package, version


OLD, NEW = Known("one", "sdk", "1.2.3"), Known("one", "sdk", "2.0.1")
CELLS = [
    Cell("one", "hang()", "plain", "sdk.Timeout"),
    Cell("one", "hang()", "streamed", "sdk.Timeout"),
    Cell("one", "half_event()", "plain", "unsupported"),
    Cell("one", "half_event()", "streamed", "SILENT part"),
]


def test_a_section_is_a_table_of_faults_and_ways():
    assert page.section(OLD, CELLS).splitlines() == [
        "## one, sdk 1.2.3",
        "",
        "| fault | plain | streamed |",
        "| --- | --- | --- |",
        "| `hang()` | sdk.Timeout | = |",
        "| `half_event()` | unsupported | SILENT part |",
    ]


def test_on_a_terminal_equal_cells_are_printed_once():
    assert page.terminal(OLD, CELLS, width=30).splitlines() == [
        "one, sdk 1.2.3",
        "  hang()",
        "              sdk.Timeout",
        "  half_event()",
        "    plain     unsupported",
        "    streamed  SILENT part",
    ]


def test_a_page_keeps_other_generations_and_remarks_and_replaces_its_own():
    remarks = "## What surprises\n\nMuch.\n"
    first = page.page([page.section(OLD, CELLS[:2]), remarks])
    later = Known("one", "sdk", "1.9.0")
    text = page.page([page.section(later, CELLS), page.section(NEW, CELLS)], first)
    assert re.findall("^## .*", text, re.MULTILINE) == [
        "## one, sdk 1.9.0",
        "## one, sdk 2.0.1",
        "## What surprises",
    ]
    assert "The SDKs: sdk 1.9.0, sdk 2.0.1." in text
    assert page.page([], text) == text


def test_the_command_prints_one_sdk(capsys):
    client = HERE[0]
    assert main(["matrix", "--sdk", client.name]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{client.name}, {client.package} {client.version}\n")
    assert all(f"left out: {why}" in printed for why in left_out())


def test_the_command_makes_a_page(capsys, tmp_path):
    before = tmp_path / "matrix.md"
    before.write_text(page.page([page.section(NEW, CELLS)]))
    assert main(["matrix", "--sdk", HERE[0].name, "--markdown", str(before)]) == 0
    printed = capsys.readouterr().out
    assert f"## {HERE[0].name}, {HERE[0].package} {HERE[0].version}\n" in printed
    assert "## one, sdk 2.0.1\n" in printed


def test_an_unknown_sdk_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match="unknown SDK 'antropic'; known, nearest first: 'anthro"):
        chosen(["antropic"])


def test_an_sdk_that_is_not_installed_is_reported_as_missing(monkeypatch):
    client = type(HERE[0])(HERE[0].name, "x", package="no-such-package")
    monkeypatch.setattr("chaos_llm.sdk_matrix.matrix_text.CLIENTS", (client,))
    assert left_out() == ["no-such-package is not installed"]
    with pytest.raises(UsageError, match="no-such-package is not installed"):
        chosen()
