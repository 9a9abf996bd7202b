"""`chaos-llm replay`: an app in many outages, with figures for each and for all."""

from __future__ import annotations

import json

import pytest

from chaos_llm.cli import main

JULY = "anthropic-2026-07-29-all-models"
STORM = "anthropic-529-storm"
SHOP = """
from chaos_llm.demo.naive_bot import NaiveBot


class Shop(NaiveBot):
    pass
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_a_shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "its_shop.py").write_text(SHOP)


def replay(*arguments):
    return main(["replay", *arguments, "--app", "its_shop:Shop.answer", "--calls", "9"])


def test_a_table_has_a_line_for_each_outage_and_one_for_all(capsys):
    assert replay(JULY, STORM) == 0
    head, columns, *lines = capsys.readouterr().out.splitlines()

    assert head == "its_shop:Shop.answer"
    assert columns.split()[:3] == ["begins", "hours", "answered"]
    assert [line.split()[-1] for line in lines[:2]] == [JULY, STORM]
    assert lines[-1].startswith("2 outages, ")


def test_json_has_the_figures_alone(capsys):
    assert replay(JULY, "--json") == 0
    shown = json.loads(capsys.readouterr().out)

    (outage,) = shown["its_shop:Shop.answer"]["outages"]
    assert outage["profile"] == JULY


def test_pages_are_written(capsys, tmp_path):
    assert replay(JULY, "--html", "pages") == 0
    assert capsys.readouterr().err == "written: pages/index.html\n"
    assert (tmp_path / "pages" / f"001-{JULY}.html").is_file()


def test_a_provider_chooses_among_the_outages(capsys):
    assert replay(JULY, "openai-2026-07-25-everything", "--provider", "openai") == 0
    assert JULY not in capsys.readouterr().out


@pytest.mark.parametrize(("least", "status"), [("0", 0), ("1", 1)])
def test_the_exit_status_can_depend_on_the_availability(least, status):
    assert replay(JULY, "--min-availability", least) == status


def test_outages_that_hit_another_provider_alone_are_refused(capsys):
    assert replay(JULY, "--provider", "groq") == 2
    assert "none of these outages hits the API or the logins of groq" in capsys.readouterr().err


def test_without_an_app_both_bots_of_the_demo_are_replayed(capsys):
    assert main(["replay", "year-2022:openai", "--calls", "3", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"naive bot", "hardened bot"}


@pytest.mark.parametrize("share", ["2", "most"])
def test_a_share_that_is_none_is_refused(share, capsys):
    with pytest.raises(SystemExit):
        replay(JULY, "--min-availability", share)
    assert "a share is from 0 to 1" in capsys.readouterr().err
