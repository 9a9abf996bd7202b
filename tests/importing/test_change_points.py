"""Where the share of failures changes: long sequences, short bursts, and chance."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("ruptures", reason="needs the extra `import`")

import numpy as np

from chaos_llm.importing import bursts, change_points


def places(kinds):
    return [change.index for change in change_points.of_kinds(np.array(kinds, dtype="u2"))]


def drawn(rng, calls, share):
    return [int(rng.random() < share) for _ in range(calls)]


def test_a_long_sequence_keeps_every_edge_of_its_long_stretches():
    """There are more changes than blocks of the first search."""
    rng = random.Random(1)
    mixed = drawn(rng, 4000, 0.85)
    kinds = [0] * 2000 + [1] * 2000 + [0] * 1500 + drawn(rng, 1500, 0.96) + [0] * 1400 + mixed
    found = places([*kinds, *[0] * 1000])
    assert len(change_points.of_kinds(np.array(mixed, dtype="u2"))) == 0
    for truth in (2000, 4000, 5500, 7000, 8400, 12400):
        assert any(abs(index - truth) <= 3 for index in found), truth
    assert len(found) == 6


def test_three_failures_in_four_calls_are_a_burst_where_all_else_is_healthy():
    burst = [0] * 24 + [1, 1, 0, 1] + [0] * 77
    assert places(burst) == [24, 28]
    assert bursts.chance(3, 4, 3, 105) == pytest.approx(9 / 5356)


def test_three_failures_that_are_far_apart_are_none():
    assert places([0] * 24 + [1] + [0] * 20 + [1] + [0] * 30 + [1] + [0] * 30) == []


def test_a_burst_beside_an_outage_is_found():
    outage = [0] * 60 + [1] * 40 + [0] * 60
    assert places([*outage, 1, 1, 1, *[0] * 60]) == [60, 100, 160, 163]


@pytest.mark.parametrize("share", [0.005, 0.02])
def test_failures_at_a_constant_share_have_changes_by_chance_in_few_sequences_only(share):
    sequences = [drawn(random.Random(seed), 500, share) for seed in range(100)]
    assert sum(bool(places(each)) for each in sequences) <= 3


def test_the_bound_of_chance_holds_for_drawn_failures():
    """Where a burst of some size begins, among all draws, is no more often than the bound says."""
    rng, hits = random.Random(2), 0
    for _ in range(2000):
        failures = sorted(rng.sample(range(100), 6))
        hits += any(failures[n + 2] - failures[n] < 5 for n in range(4))
    assert hits / 2000 <= bursts.chance(3, 5, 6, 100)
