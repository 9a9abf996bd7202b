"""The real Locust, headless, with fifty users: an outage's windows are rows of its statistics."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.libraries import library
from support.small_profiles import HOUR, profile_of, window
from support.waiting import PATIENCE

from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

ROOT = Path(__file__).parents[2]
USERS, SECONDS = 50, 12
DAY = profile_of(window(name="all fail", begins=30.0, ends=60.0), ends=HOUR)  # ten times as fast


def has_locust():
    if os.environ.get("NO_LIBRARY_IS_ABSENT"):
        return True
    found = subprocess.run([sys.executable, "-m", "locust", "-V"], capture_output=True, check=False)
    return found.returncode == 0


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Locust's table, by type and name."""
    if not has_locust():
        library("locust")  # skips; it is not imported here, because it patches the process
    folder = tmp_path_factory.mktemp("locust")
    settings = Settings((DAY,), clock="scaled", speed=10)
    with ServerThread(settings) as thread:
        command = [sys.executable, "-m", "locust", "--headless", "--only-summary"]
        command += ["-f", str(ROOT / "deploy" / "load_tests" / "locustfile.py")]
        command += ["--host", thread.hand().url, "-u", str(USERS), "-r", str(USERS)]
        command += ["-t", f"{SECONDS}s", "--csv", str(folder / "out"), "--exit-code-on-error", "0"]
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        subprocess.run(command, env=env, check=True, timeout=PATIENCE, capture_output=True)
    with (folder / "out_stats.csv").open(newline="") as file:
        return {(row["Type"], row["Name"]): row for row in csv.DictReader(file)}


def test_a_window_is_a_row_that_says_how_long_it_was_open(rows):
    row = rows["outage", "all fail"]
    assert row["Request Count"] == "1"
    assert 1500 < float(row["Average Response Time"]) < 1000 * SECONDS  # 3 s, seen four times a s


def test_requests_in_a_window_have_a_row_of_their_own(rows):
    inside, all_ = rows["POST", "messages during all fail"], rows["POST", "messages"]
    failed, asked = (int(inside[name]) for name in ("Failure Count", "Request Count"))
    assert 0 < failed <= asked < int(all_["Request Count"])
    assert failed > asked / 2
    assert failed > int(all_["Failure Count"]) / 2


def test_fifty_users_are_answered_and_the_total_counts_each_request_once(rows):
    asked = int(rows["POST", "messages"]["Request Count"])
    assert asked > USERS
    assert int(rows["", "Aggregated"]["Request Count"]) == asked
