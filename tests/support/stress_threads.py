"""Many seeds, threads and processes: one journal per seed, no hang, no crash.

    PYTHONPATH=tests PYTHONDEVMODE=1 python -X faulthandler -m support.stress_threads --seeds 20

A short run of it is `test_thread_stress.py`.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import sha256

import httpx2

from chaos_llm import outage
from chaos_llm.faults import hang, latency, overloaded
from chaos_llm.profiles.model import Profile
from support.small_profiles import HOUR, MINUTE, profile_of, window

# Made when the module is imported, and used in every outage.
CLIENT = httpx2.Client(timeout=20)
POOL = ThreadPoolExecutor(3)
LOCK, RETRIES = threading.RLock(), threading.BoundedSemaphore(2)
ADDRESS = "https://api.anthropic.com/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
MESSAGE = {"model": "claude-sonnet-5-5", "max_tokens": 99}


def bad_hour() -> Profile:
    """Errors, slowness and silence, one upon the other."""
    return profile_of(
        window(overloaded(), share=0.4, sticky_by="request", name="errors"),
        window(latency(seconds=(1, 40)), share=0.5, sticky_by="request", name="slow"),
        window(hang(), begins=20 * MINUTE, ends=40 * MINUTE, share=0.2, name="silence"),
        ends=HOUR,
    )


class App:
    """Asks by a pool, a queue's consumer or itself, one retry at most, and remembers answers."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[tuple[str, queue.SimpleQueue[int]] | None] = queue.Queue(2)
        self.consumers = [threading.Thread(target=self._consume) for _ in range(2)]
        self.asked = 0

    def answer(self, question: str) -> str:
        with LOCK:
            self.asked += 1
            way = self.asked % 3
        status = (self._by_pool, self._by_queue, self._ask)[way](question)
        if status != 200 and RETRIES.acquire(timeout=30):
            try:
                time.sleep(2)
                status = self._ask(question)
            finally:
                RETRIES.release()
        return f"{status} {question}"

    def _by_pool(self, question: str) -> int:
        twice = [POOL.submit(self._ask, question) for _ in range(2)]
        return next(as_completed(twice)).result()

    def _by_queue(self, question: str) -> int:
        answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.jobs.put((question, answers))
        try:
            return answers.get(timeout=60)
        except queue.Empty:
            return 0

    def _consume(self) -> None:
        while (job := self.jobs.get()) is not None:
            question, answers = job
            answers.put(self._ask(question))

    def _ask(self, question: str) -> int:
        message = MESSAGE | {"messages": [{"role": "user", "content": question}]}
        try:
            return CLIENT.post(ADDRESS, json=message, headers=HEADERS).status_code
        except httpx2.TransportError:
            return 0

    def end(self) -> None:
        for _ in self.consumers:
            self.jobs.put(None)
        for consumer in self.consumers:
            consumer.join()


def journal_of(seed: int, users: int, calls: int = 60) -> str:
    """What so many threads met, and in which order they met it."""
    with outage(bad_hour(), seed=seed) as chaos:
        app = App()
        for consumer in app.consumers:
            consumer.start()
        chaos.replay(app.answer, calls=calls, users=users)
        app.end()
        return chaos.journal.to_jsonl()


def hashes(seeds: int, threads: list[int], calls: int) -> Iterator[tuple[str, str]]:
    """One hash for each seed and number of threads."""
    for seed in range(seeds):
        for users in threads:
            made = journal_of(seed, users, calls)
            assert made.count("\n") >= calls, "calls were lost"
            yield f"seed {seed}, {users} threads", sha256(made.encode()).hexdigest()


def in_other_processes(arguments: list[str], processes: int) -> list[dict[str, str]]:
    """The same in processes of their own, at the same time, so that they disturb each other."""
    module = ["-X", "faulthandler", "-m", "support.stress_threads"]
    command = [sys.executable, *module, "--child", *arguments]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    outputs = [child.communicate()[0] for child in children]
    codes = [child.returncode for child in children]
    if any(codes):
        raise SystemExit(f"stress: the processes ended with {codes}")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 8, 32])
    parser.add_argument("--calls", type=int, default=96)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600, help="seconds until a hang is assumed")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    faulthandler.dump_traceback_later(options.limit, exit=True)
    if options.child:
        print(json.dumps(dict(hashes(options.seeds, options.threads, options.calls))))
        return
    arguments = ["--seeds", str(options.seeds), "--calls", str(options.calls)]
    arguments += ["--limit", str(options.limit), "--threads", *map(str, options.threads)]
    first, *others = in_other_processes(arguments, options.processes)
    for name, journal in first.items():
        if any(other[name] != journal for other in others):
            raise SystemExit(f"stress: {name} has several journals")
    distinct = len(set(first.values()))
    if distinct != len(first):
        raise SystemExit(f"stress: {len(first)} runs and {distinct} journals: seeds do nothing")
    print(f"stress: {len(first)} journals, each the same in {options.processes} processes")


if __name__ == "__main__":
    main()
