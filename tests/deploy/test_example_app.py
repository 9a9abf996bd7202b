"""The example app of the compose file, as a process beside a real mock server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from chaos_llm.faults import overloaded

APP = Path(__file__).parents[2] / "deploy" / "example_app" / "app.py"


def said(server, **variables):
    env = os.environ | server.env | {"QUESTIONS": "1"} | variables
    done = subprocess.run(
        [sys.executable, APP], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_healthy_provider_answers(chaos_server):
    assert said(chaos_server).startswith("1: ")
    assert [exchange.status for exchange in chaos_server.journal] == [200]


def test_one_overload_is_retried_and_shown(chaos_server):
    chaos_server.on("anthropic").inject(overloaded(), times=1)
    text = said(chaos_server)
    assert "HTTP Error 529" in text
    assert "Sorry" not in text
    assert [exchange.status for exchange in chaos_server.journal] == [529, 200]
