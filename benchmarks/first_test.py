"""CPU seconds of the first outage of a process: import, enter, and the first answer.

    python benchmarks/first_test.py [--rounds 7] [--fail-above 2.5]

Each round is a new process in which pytest and a vendor's SDK are imported already, as they are
when a first test with an outage begins. The second figure is that of a user's first process of all,
with nothing in the cache folder; the third is the share of `pytest --version` in the same round.
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
    print(time.process_time() - begins)
"""


def seconds(folder: str) -> float:
    """CPU seconds of one process, with this cache folder."""
    root = str(Path(__file__).parents[1])
    environ = os.environ | {"PYTHONPATH": root, "CHAOS_LLM_CACHE": folder}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    return float(run.stdout)


def of_pytest() -> float:
    """CPU seconds of the plainest run of pytest."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "pytest", "--version"], capture_output=True, check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fail-above", type=float, metavar="TIMES")
    options = parser.parse_args()
    kept, empty, bare = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        seconds(folder)
        for _ in range(options.rounds):
            kept.append(seconds(folder))
            empty.append(seconds(""))
            bare.append(of_pytest())
    middle = statistics.median(kept)
    print(f"the first outage of a process: {middle:.2f} CPU s [{min(kept):.2f}-{max(kept):.2f}],")
    print(f"  with nothing kept before: {statistics.median(empty):.2f} CPU s,")
    print(f"  {middle / statistics.median(bare):.2f} times `pytest --version`")
    # The machine may be shared, so the lower quartiles count.
    times = statistics.quantiles(kept, n=4)[0] / statistics.quantiles(bare, n=4)[0]
    return int(options.fail_above is not None and times > options.fail_above)


if __name__ == "__main__":
    sys.exit(main())
