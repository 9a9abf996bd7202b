"""CPU seconds from the first failure of a property that draws outages to its report.

    python benchmarks/failing_property.py [--rounds 5] [--fail-above 0.14]

A property of an app without a fallback fails in a process of its own, under pytest, so Hypothesis
shrinks the outage and pytest shows it. The same run with --hypothesis-explain is the anchor: what
it costs where Hypothesis's explain phase is not left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TEST = """
import time
import anthropic
from hypothesis import given, seed, settings
from chaos_llm import outage
from chaos_llm.property_testing.strategies import outages

CLIENT = anthropic.Anthropic(api_key="k", max_retries=1)

def ask(question):
    message = CLIENT.messages.create(
        model="claude-sonnet-5-5", max_tokens=500, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text

@seed(3)
@settings(deadline=None, database=None)
@given(outages(providers=["anthropic"], longest="2h"))
def test_few_calls_fail(profile):
    global first
    with outage(profile) as chaos:
        report = chaos.replay(ask, calls=20)
    if report.failed >= 0.2:
        first = first or time.process_time()
    assert report.failed < 0.2

first = 0.0
"""
CONFTEST = """
import sys, time

def pytest_unconfigure():
    test = sys.modules["test_property"]
    print("\\nCPU", time.process_time() - test.first)
"""


def seconds(folder: Path, *options: str) -> float:
    """CPU seconds of one run, after the first failure."""
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    run = subprocess.run(
        [*command, *options], capture_output=True, text=True, env=environ, check=False
    )
    return float(run.stdout.rpartition("CPU ")[2].split()[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fail-above", type=float, metavar="SHARE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_property.py").write_text(TEST)
        (folder / "conftest.py").write_text(CONFTEST)
        found = [seconds(folder) for _ in range(options.rounds)]
        explained = seconds(folder, "--hypothesis-explain")
    middle = statistics.median(found)
    print(
        f"first failure to report: {middle:.1f} CPU s [{min(found):.1f}-{max(found):.1f}],", end=""
    )
    print(f" {explained / middle:.0f} times less than with an explanation ({explained:.0f} s)")
    return int(options.fail_above is not None and middle / explained > options.fail_above)


if __name__ == "__main__":
    sys.exit(main())
