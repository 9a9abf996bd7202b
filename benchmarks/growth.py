"""How the cost of a call in process grows: with windows, prompts, calls made, users, and memory.

    python benchmarks/growth.py [--rounds 9] [--check]

Each row compares blocks of calls that were made in turn in one process, and says how often the CPU
time of the first column's call another one takes: the ratio of their lower quartiles, so 1.00 is no
growth. `--check` fails where a figure exceeds its bound in `BOUNDS`; the bounds leave a shared
machine room.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable

import httpx
from in_process import profile_of
from one_call import HEADERS, URL, body

from chaos_llm import ChaosWarning, outage

BLOCK = 60  # calls
WINDOWS, USERS, CALLS = (1, 500), (1, 8, 64), (1_000, 10_000, 100_000)
PROMPTS = (1_000, 1_000_000)  # letters
MEASURED = 20_000  # calls whose memory is measured: bounded caches hardly count then
BOUNDS = {"windows": 1.6, "prompts": 50.0, "calls": 1.6, "users": 3.0, "memory": 330.0}

Blocks = dict[str, list[float]]


def used_by(call: Callable[[], object], times: int = BLOCK) -> float:
    """CPU microseconds of one call."""
    begins = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - begins) / times * 1e6


def caller(size: int = 0) -> Callable[[], object]:
    """A call with a prompt of so many letters, or with an ordinary one."""
    client = httpx.Client(verify=False)
    content = body(0).replace(b"Where is", b"x" * size + b" Where is") if size else body(0)
    return lambda: client.post(URL, headers=HEADERS, content=content).json()


def windows(rounds: int) -> Blocks:
    """A call in an outage of so many windows, of which one is open."""
    blocks: Blocks = {f"{count} windows": [] for count in WINDOWS}
    for _ in range(rounds):
        for count in WINDOWS:
            with outage(profile_of(count)):
                call = caller()
                used_by(call, 10)
                blocks[f"{count} windows"].append(used_by(call))
    return blocks


def prompts(rounds: int) -> Blocks:
    """A call with a prompt of so many letters; all of them are read, and hashed at both ends."""
    blocks: Blocks = {f"{size:,} letters": [] for size in PROMPTS}
    with outage(seed=1):
        calls = [caller(size) for size in PROMPTS]
        for _ in range(rounds):
            for call, found in zip(calls, blocks.values(), strict=True):
                used_by(call, 3)
                found.append(used_by(call, 10))
    return blocks


def calls(rounds: int) -> Blocks:
    """A call after so many earlier ones in the same outage, whose journal grows."""
    blocks: Blocks = {}
    with outage(seed=1) as chaos:
        call = caller()
        for count in CALLS:
            while len(chaos.journal) < count:
                call()
            blocks[f"after {count:,}"] = [used_by(call) for _ in range(rounds)]
    return blocks


def users(rounds: int) -> Blocks:
    """A call of a replay with so many users; several of them are threads that take turns."""
    blocks: Blocks = {f"{count} users": [] for count in USERS}
    call = caller()

    def ask(prompt: str) -> str:
        return json.dumps(call()) + prompt

    for _ in range(rounds):
        for count in USERS:
            with outage(seed=1) as chaos:
                begins = time.process_time()
                chaos.replay(ask, users=count, calls=max(640, count * 10), until="2h")
                taken = time.process_time() - begins
                blocks[f"{count} users"].append(taken / len(chaos.journal) * 1e6)
    return blocks


def memory() -> float:
    """Bytes that each of many plain calls leaves in memory until the outage ends."""
    with outage(seed=1):
        client = httpx.Client(verify=False)
        for number in range(MEASURED + 500):
            if number == 500:  # what is not kept for each call has been made
                gc.collect()
                tracemalloc.start(1)
            client.post(URL, headers=HEADERS, content=body(number))
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return kept / MEASURED


def growth(blocks: Blocks) -> tuple[float, str]:
    """The ratio of the last blocks to the first ones, and all of them in words."""
    costs = {name: statistics.quantiles(found, n=4)[0] for name, found in blocks.items()}
    first = next(iter(costs.values()))
    texts = [f"{name} {cost:.0f} us ({cost / first:.2f} x)" for name, cost in costs.items()]
    return list(costs.values())[-1] / first, ", ".join(texts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true", help="fail where a bound is exceeded")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ChaosWarning)
    found = {}
    for measure in (windows, prompts, calls, users):
        found[measure.__name__], text = growth(measure(options.rounds))
        print(f"{measure.__name__:8} {text}")
    found["memory"] = memory()
    print(f"memory   {found['memory']:.0f} bytes a call")
    over = [name for name, figure in found.items() if figure > BOUNDS[name]]
    for name in over:
        print(f"{name}: {found[name]:.2f} is above {BOUNDS[name]:g}")
    return int(options.check and bool(over))


if __name__ == "__main__":
    sys.exit(main())
