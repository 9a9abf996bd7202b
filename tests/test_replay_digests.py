"""What replays of the shipped profiles write is what it was, byte for byte."""

from __future__ import annotations

import json

import pytest
from replay_digests import GOLDEN, SEEDS, digests

from chaos_llm.profiles import names

KEPT = json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_shipped_profile_has_digests():
    assert set(KEPT) == {f"{name} {seed}" for name in names() for seed in SEEDS}


@pytest.mark.exhaustive(sample=12)
@pytest.mark.parametrize("replay", KEPT)
def test_a_replay_writes_the_same_journal_and_reports(replay):
    name, seed = replay.split()

    assert digests(name, int(seed)) == KEPT[replay], "python tests/replay_digests.py --update"
