"""`--html` and `--open`: the pages of `demo` and `show`, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.commands import run_command
from support.waiting import wait_until

STORM = "anthropic-529-storm"


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """A browser that keeps the addresses of the pages that it is to show."""
    kept = tmp_path / "kept.txt"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" >> {kept}\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(script))
    monkeypatch.chdir(tmp_path)
    return kept


def pages(kept, count):
    wait_until(lambda: kept.exists() and kept.read_text().count("\n") == count)
    return [Path(line.removeprefix("file://")) for line in kept.read_text().splitlines()]


def test_show_writes_its_page_under_the_profile_s_name(browser):
    done = run_command("show", STORM, "--html")
    assert done.stdout == f"written: {STORM}.html\n"
    assert not browser.exists()
    page = Path(f"{STORM}.html").read_text()
    assert "<details open><summary>Windows" in page  # else the page is all but empty


def test_show_opens_its_page(browser):
    assert run_command("show", STORM, "--open").returncode == 0
    (page,) = pages(browser, 1)
    assert (page.name, "<!doctype html>" in page.read_text()) == (f"{STORM}.html", True)


@pytest.mark.exhaustive
def test_demo_opens_the_page_of_each_bot_in_a_temporary_folder(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run_command("demo", "--open").returncode == 0
    opened = pages(browser, 2)
    assert sorted(page.name for page in opened) == ["hardened.html", "naive.html"]
    assert all(page.is_relative_to(tmp_path) and page.is_file() for page in opened)


def test_where_no_browser_starts_the_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER", "no-such-browser")
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    done = run_command("show", STORM, "--open")
    assert done.returncode == 0
    assert f"no browser could be started: open {STORM}.html yourself" in done.stderr


def test_a_page_that_cannot_be_written_is_said(tmp_path):
    done = run_command("show", STORM, "--html", str(tmp_path / "no" / "page.html"))
    assert done.returncode == 2
    assert "--html " in done.stderr
    assert "Traceback" not in done.stderr
