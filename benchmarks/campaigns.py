"""CPU that a campaign adds to its runs, and its memory as they become more.

    python benchmarks/campaigns.py [--runs 60] [--rounds 3] [--fail-above 5]
    python benchmarks/campaigns.py --memory 10000
    python benchmarks/campaigns.py --workers 2 --runs 200

The first compares the CPU time of the campaign's own process with that of the process that plays
its runs, in few runs and in many: the difference leaves out imports and the start of processes.
`--memory` plays tiny runs and shows the largest size of the campaign's own process and of the file
at each tenth. `--workers` says how many times as fast several workers are as one, in turns; each
needs an idle core.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chaos_llm.campaign.campaign import Campaign, chosen

ROOT = Path(__file__).parents[1]
APP = "support.campaign_apps:Plain"
PROFILE = "anthropic-529-storm"
EVERY = {"every": "1m"}  # as in docs/how-to/campaigns.md
TINY = {"calls": 1, "warmup": "1m", "recovery": "1m"}
CAMPAIGN = """
import gc, resource
from pathlib import Path
from chaos_llm.campaign.campaign import Campaign, chosen
campaign = Campaign({app!r}, chosen([{profile!r}]), {runs}, options={options!r})
campaign.run(Path({folder!r}), workers={workers})
gc.collect()
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    print(used.ru_utime + used.ru_stime)
"""


def environ() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}


def cpu(runs: int, workers: int = 1) -> tuple[float, float]:
    """CPU seconds of a campaign's own process, and of those that play its runs."""
    with tempfile.TemporaryDirectory() as folder:
        text = CAMPAIGN.format(
            app=APP, profile=PROFILE, runs=runs, options=EVERY, folder=folder, workers=workers
        )
        command = [sys.executable, "-c", text]
        done = subprocess.run(command, check=True, env=environ(), capture_output=True, text=True)
    own, playing = map(float, done.stdout.split())
    return own, playing


def overhead(runs: int, rounds: int) -> float:
    """What a campaign adds to its runs, in percent of them."""
    few, found = max(1, runs // 10), []
    for _ in range(rounds):
        before, after = cpu(few), cpu(runs)
        own, playing = ((b - a) / (runs - few) for a, b in zip(before, after, strict=True))
        found.append(own / playing * 100)
        print(f"a run {playing * 1e3:.1f} ms, the campaign {own * 1e3:.2f} ms: {found[-1]:.1f} %")
    return statistics.median(found)


def faster(runs: int, rounds: int, workers: int) -> float:
    """How many times as fast several workers are as one, once they have started."""
    few, found = max(workers, runs // 10), []
    for _ in range(rounds):
        of_one, of_several = (pace(few, runs, number) for number in (1, workers))
        found.append(of_one / of_several)
        print(f"a run each {of_one * 1e3:.1f} ms, then {of_several * 1e3:.1f}: {found[-1]:.2f} x")
    return statistics.median(found)


def pace(few: int, many: int, workers: int) -> float:
    """Seconds for each run, without what a campaign needs once."""
    took = []
    for runs in (few, many):
        start = time.perf_counter()
        cpu(runs, workers)
        took.append(time.perf_counter() - start)
    return (took[1] - took[0]) / (many - few)


def memory(runs: int) -> None:
    """Play tiny runs here, and say how large this process is now and then."""
    os.environ["PYTHONPATH"] = environ()["PYTHONPATH"]
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

    def show(_row: object, done: int, _all: int) -> None:
        if done % max(1, runs // 10) == 0:
            size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            file = (folder / "campaign.sqlite").stat().st_size / 1e6
            print(f"{done:>7} runs: {size:.0f} MB in memory, {file:.1f} MB in the file", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        campaign = Campaign(APP, chosen([PROFILE]), runs, options=TINY)
        campaign.run(folder, workers=2, on_row=show)
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"with the table: {size:.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fail-above", type=float, metavar="PERCENT")
    parser.add_argument("--memory", type=int, metavar="RUNS")
    parser.add_argument("--workers", type=int, metavar="N")
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return 0
    if options.workers:
        found = faster(options.runs, options.rounds, options.workers)
        print(f"{options.workers} workers are {found:.2f} x as fast as one")
        return 0
    found = overhead(options.runs, options.rounds)
    print(f"a campaign adds {found:.1f} % to its runs")
    return int(options.fail_above is not None and found > options.fail_above)


if __name__ == "__main__":
    raise SystemExit(main())
