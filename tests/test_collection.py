"""Two processes collect the same tests, or xdist stops before the first one."""

from __future__ import annotations

import os
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def collected(hash_seed):
    """The ids of all tests, in order, as a process with this seed of hashes sees them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--every-case", "tests"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    run = subprocess.run(
        [*command, "-p", "no:randomly"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return [line for line in run.stdout.splitlines() if "::" in line]


@pytest.mark.exhaustive(sample=0)  # collects the whole suite twice
def test_ids_of_tests_depend_neither_on_the_process_nor_on_the_second():
    # The second collection starts seconds after the first: a time in an id differs.
    first, second = collected("1"), collected("2")
    assert len(first) > 10_000
    assert first == second, "\n".join(unified_diff(first, second, lineterm="", n=0))
