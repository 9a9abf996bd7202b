"""The same threads take the same turns: one journal per seed, run after run."""

from __future__ import annotations

import threading

import pytest
from support.stress_threads import journal_of


@pytest.mark.parametrize("users", [2, 8])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_seed_has_one_journal(seed, users):
    before = threading.active_count()
    first, *others = (journal_of(seed, users, calls=24) for _ in range(3))
    assert others == [first, first]
    assert threading.active_count() <= before + 3  # the pool's own, made between outages


def test_another_seed_has_another_journal():
    assert len({journal_of(seed, 4, calls=24) for seed in range(3)}) == 3


def test_more_threads_make_another_journal_of_as_many_calls():
    few, many = (journal_of(0, users, calls=24) for users in (2, 8))
    assert few != many
