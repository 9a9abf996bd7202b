"""The same seed gives the same run in every process, order and form; another seed another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest
from support.apps.bots import AsyncBot

from chaos_llm import outage
from chaos_llm.demo.hardened_bot import HardenedBot

WAVES = "anthropic-2026-03-02-three-waves"
STORM = "anthropic-529-storm"
FORMS = ("sync", "threads", "async")
PROGRAM = """
import sys
from test_determinism import FORMS, replayed
for form in FORMS:
    sys.stdout.write(replayed(form, *sys.argv[1:]).to_jsonl())
"""


def replayed(form, profile=WAVES, seed="1"):
    """The journal of a part of a profile: jittered retries, a breaker, a fallback, a cache."""
    app = AsyncBot if form == "async" else HardenedBot
    with outage(profile, seed=int(seed)) as chaos:
        users, every = (1, "1m") if form == "sync" else (4, "5m")
        chaos.replay(app().answer, every=every, users=users, warmup="10m", until="2h")
    return chaos.journal


def in_a_process(hash_seed, *arguments):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


@pytest.mark.exhaustive(sample=1)
@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_the_journal_is_the_same_to_the_byte_in_another_process(hash_seed):
    """Hash seeds change the order of sets; addresses and ids change with every process."""
    here = [replayed(form, STORM).to_jsonl() for form in FORMS]
    for journal in here:
        assert journal.count("\n") > 100
        assert '"applied"' in journal
    assert in_a_process(hash_seed, STORM) == "".join(here)


@pytest.mark.parametrize("form", FORMS)
def test_another_seed_is_another_journal(form):
    assert len({replayed(form, STORM, seed).to_jsonl() for seed in ("1", "2", "3")}) == 3


@pytest.mark.parametrize("form", FORMS)
def test_what_ran_before_does_not_matter(form):
    first = replayed(form).to_jsonl()
    replayed("sync", STORM, "5")
    replayed("async", STORM, "6")
    assert replayed(form).to_jsonl() == first


class Asker:
    """The same app in two forms: one vendor, retries with jitter."""

    def __init__(self):
        self.sync = anthropic.Anthropic(timeout=30)
        self.aio = anthropic.AsyncAnthropic(timeout=30)

    def said(self, question):
        return {
            "model": "claude-sonnet-5-5",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": question}],
        }

    def answer(self, question):
        return self.sync.messages.create(**self.said(question)).content[0].text

    async def answer_async(self, question):
        return (await self.aio.messages.create(**self.said(question))).content[0].text


def decisions(method, users):
    """What every request met, by its place in its call, and not by its place in time."""
    with outage(STORM, seed=3) as chaos:
        app = getattr(Asker(), method)
        chaos.replay(app, every="7m", users=users, warmup="10m", until="3h")
    return {
        (e.user, e.call, e.attempt): (
            e.status,
            e.end,
            e.reference,
            tuple(e.fault_effects),
            e.decision.why,
        )
        for e in chaos.journal
    }


def test_one_user_gets_the_same_bytes_in_sync_and_async_form():
    def journal(method):
        with outage(STORM, seed=3) as chaos:
            chaos.replay(getattr(Asker(), method), every="3m", warmup="10m", until="3h")
        return chaos.journal.to_jsonl()

    assert journal("answer") == journal("answer_async")


def test_several_users_get_the_same_decisions_in_threads_and_tasks():
    threads, tasks = decisions("answer", users=5), decisions("answer_async", users=5)
    assert len(threads) > 100
    assert threads == tasks
