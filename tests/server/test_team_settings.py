"""What a team's pyproject.toml says, over sockets: what its keys pay, and how fast is healthy."""

from __future__ import annotations

import pytest
from wires import asked, request

from chaos_llm.errors import UnknownName
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

BILLING = "openai-2025-07-01-billing"  # it hits pay-as-you-go keys only
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def status(hand, key):
    wire = request("/v1/chat/completions", body=ASK, authorization=f"Bearer {key}")
    return asked(f"{hand.url}/openai", wire).status


@pytest.fixture
def team(tmp_path, monkeypatch):
    monkeypatch.setenv("THEIRS", "sk-enterprise")
    text = '[tool.chaos_llm]\nhealthy = "healthy-medians-2026"\n[tool.chaos_llm.tiers]\n'
    (tmp_path / "pyproject.toml").write_text(f'{text}THEIRS = "enterprise"\n')
    with ServerThread(Settings([BILLING], clock="scaled", speed=100, rootdir=tmp_path)) as thread:
        yield thread.hand()


def test_the_server_knows_what_a_key_pays(team):
    assert (status(team, "sk-theirs"), status(team, "sk-enterprise")) == (429, 200)


def test_a_day_that_is_loaded_later_knows_it_too(team):
    team.do(lambda run: run.begin_anew(seed=7))
    assert (status(team, "sk-theirs"), status(team, "sk-enterprise")) == (429, 200)


def test_the_server_answers_at_the_healthy_pace_of_a_team(team):
    assert team.do(lambda run: run.plan.profile.baseline["openai"].first_token) == 0.45


def test_a_tier_that_is_none_refuses_the_server(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.chaos_llm.tiers]\nKEY = "golden"\n')
    with (
        pytest.raises(UnknownName, match="golden"),
        ServerThread(Settings([BILLING], rootdir=tmp_path)),
    ):
        pass
