"""The real k6 plays the example: the requests of an outage's window have a tag of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.small_profiles import HOUR, profile_of, window
from support.waiting import PATIENCE

from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

SCRIPT = Path(__file__).parents[2] / "deploy" / "load_tests" / "k6.js"
DAY = profile_of(window(name="all fail", begins=60.0, ends=180.0), ends=HOUR)  # ten times as fast
NEEDS = "nox -s k6 builds it"
MISSED_THRESHOLD = 99  # an exit code of k6


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """Each request that k6 sent: its status, and the windows that it was tagged with."""
    k6 = shutil.which("k6")
    if k6 is None:
        if os.environ.get("NO_LIBRARY_IS_ABSENT"):
            pytest.fail(f"no k6: {NEEDS}")
        pytest.skip(f"no k6: {NEEDS}")
    folder = tmp_path_factory.mktemp("k6")
    settings = Settings((DAY,), clock="scaled", speed=10)
    with ServerThread(settings) as thread:
        command = [k6, "run", "--quiet", "--no-usage-report", "--out", f"json={folder / 'out'}"]
        env = os.environ | {"CHAOS_LLM_URL": thread.hand().url}
        command.append(str(SCRIPT))
        done = subprocess.run(
            command, env=env, timeout=PATIENCE, capture_output=True, text=True, check=False
        )
    assert done.returncode in (0, MISSED_THRESHOLD), done.stderr
    with (folder / "out").open() as lines:
        found = [json.loads(line) for line in lines]
    return [
        each["data"]["tags"]
        for each in found
        if each["type"] == "Point" and each["metric"] == "http_reqs"
    ]


def test_requests_in_a_window_carry_its_name(points):
    inside = [tags for tags in points if tags["window"] == "all fail"]
    failed = [tags for tags in points if tags["status"] == "529"]
    assert len(failed) > 10
    assert sum(tags["status"] == "529" for tags in inside) > len(inside) / 2
    assert sum(tags["window"] == "all fail" for tags in failed) > len(failed) / 2


def test_requests_outside_of_it_are_answered(points):
    outside = [tags["status"] for tags in points if tags["window"] == "none"]
    assert outside.count("200") > len(outside) / 2


def test_the_server_is_asked_for_its_windows_apart_from_what_is_measured(points):
    admin = [tags for tags in points if tags["window"] == "admin"]
    assert 0 < len(admin) < len(points)
    assert {tags["status"] for tags in admin} == {"200"}
