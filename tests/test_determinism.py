"""The same seed is the same bad day: in every process, order and form; another seed is another."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support_bots import AsyncBot

from chaos_llm import outage
from chaos_llm.demo.hardened_bot import HardenedBot

WAVES = "anthropic-2026-03-02-three-waves"
STORM = "anthropic-529-storm"
PROGRAM = """
import sys
from test_determinism import replayed, lines
print(lines(replayed(*sys.argv[1:])))
"""


def lines(chaos):
    """The journal as it is written out, to the byte."""
    return hashlib.sha256(b"".join(line.encode() for line in chaos.journal.lines())).hexdigest()


def replayed(form="sync", profile=WAVES, seed="0"):
    """A stretch of a bad day: retries with jitter, a breaker, a fallback, streams of tasks."""
    with outage(profile, seed=int(seed)) as chaos:
        if form == "sync":
            chaos.replay(HardenedBot().answer, every="2m", until="4h")
        elif form == "async":
            chaos.replay(AsyncBot().answer, every="10m", until="4h", users=7)
        else:
            chaos.replay(HardenedBot().answer, every="10m", until="4h", users=4)
    return chaos


def in_a_process(hash_seed, *arguments):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return result.stdout.strip()


@pytest.mark.parametrize("form", ["sync", "async", "threads"])
def test_the_journal_is_the_same_in_three_processes(form):
    """Hash seeds change the order of sets, addresses and ids change with every process."""
    assert {in_a_process(hash_seed, form) for hash_seed in ("0", "1", "4711")} == {
        lines(replayed(form))
    }


@pytest.mark.parametrize("form", ["sync", "async", "threads"])
def test_another_seed_is_another_journal(form):
    assert len({lines(replayed(form, STORM, seed)) for seed in ("1", "2", "3")}) == 3


@pytest.mark.parametrize("form", ["sync", "async", "threads"])
def test_what_ran_before_does_not_matter(form):
    first = lines(replayed(form))
    replayed("sync", STORM, "5")
    asyncio.run(asyncio.sleep(0))
    assert lines(replayed(form)) == first
