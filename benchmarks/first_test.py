"""CPU seconds of the first outage of a process: import, enter, and the first answer.

    python benchmarks/first_test.py [--rounds 7] [--fail-above 0.35]

Each round is a new process in which pytest and a vendor's SDK are imported already, as they are
when a first test with an outage begins. The second figure is that of a user's first process of all,
with nothing in the cache folder. As machines differ, the first is compared with the CPU time that
the same process took to import pytest and the SDK and to make a client.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import time, pytest, anthropic
client = anthropic.Anthropic(api_key="k", max_retries=0)
begins = time.process_time()
import chaos_llm
with chaos_llm.outage("anthropic-2026-03-02-three-waves"):
    text = [{"role": "user", "content": "Where is my order KX-48213?"}]
    client.messages.create(model="claude-opus-4-6", max_tokens=500, messages=text)
    print(time.process_time() - begins, begins)
"""


def seconds(folder: str) -> tuple[float, float]:
    """CPU seconds of a first outage with this cache folder, and of what came before it."""
    root = str(Path(__file__).parents[1])
    environ = os.environ | {"PYTHONPATH": root, "CHAOS_LLM_CACHE": folder}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    outage, before = map(float, run.stdout.split())
    return outage, before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fail-above", type=float, metavar="SHARE")
    options = parser.parse_args()
    kept, empty, shares = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        seconds(folder)
        for _ in range(options.rounds):
            outage, before = seconds(folder)
            kept.append(outage)
            shares.append(outage / before)
            empty.append(seconds("")[0])
    middle = statistics.median(kept)
    print(f"the first outage of a process: {middle:.2f} CPU s [{min(kept):.2f}-{max(kept):.2f}],")
    print(f"  with nothing kept before: {statistics.median(empty):.2f} CPU s,")
    print(f"  {statistics.median(shares):.2f} of the imports before it")
    quiet = statistics.quantiles(shares, n=4)[0]  # the machine may be shared
    return int(options.fail_above is not None and quiet > options.fail_above)


if __name__ == "__main__":
    sys.exit(main())
