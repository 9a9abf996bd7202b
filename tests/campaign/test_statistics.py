"""Intervals and comparisons hold what they promise, on rows of planted failure rates."""

from __future__ import annotations

from random import Random

import pytest

from chaos_llm.campaign import intervals
from chaos_llm.campaign.case import Row
from chaos_llm.campaign.comparison import compare
from chaos_llm.campaign.planning import plan
from chaos_llm.campaign.schedule import Schedule
from chaos_llm.campaign.table import Summary, enough, table
from chaos_llm.campaign.text import HEAD, cells
from chaos_llm.errors import UsageError

pytest.importorskip("scipy")
CALLS = 50


def rows_of(rate: float, seeds: int, rng: Random, *, profile: str = "p", shift: float = 0.0):
    """Rows of an app that loses answers at this rate; runs differ, as outages do."""
    made = []
    for seed in range(seeds):
        of_run = min(1.0, max(0.0, rate + shift + rng.uniform(-0.1, 0.1)))
        answered = CALLS - sum(rng.random() < of_run for _ in range(CALLS))
        failed = ("falls_back",) if rng.random() < rate else ()
        passed = () if failed else ("falls_back",)
        made.append(
            Row(profile, seed, calls=CALLS, answered=answered, passed=passed, failed=failed)
        )
    return made


def test_wilson_s_interval_is_the_textbook_s():
    found = intervals.share(5, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2366, 0.7634)
    assert intervals.share(0, 0) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("rate", [0.2, 0.4])
def test_most_intervals_hold_the_true_rate(rate):
    """95 of 100 on average; of 100 draws fewer than 89 would be one in two hundred."""
    answered = failing = 0
    for number in range(100):
        summary = Summary("p", rows_of(rate, 60, Random(number)))
        answered += summary.answered.low <= 1 - rate <= summary.answered.high
        check = summary.failing("falls_back")
        failing += check.low <= rate <= check.high
    assert answered >= 89
    assert failing >= 89


def test_a_planted_regression_of_three_points_is_found():
    found = 0
    for number in range(20):
        base = rows_of(0.10, 600, Random(number))
        worse = rows_of(0.10, 600, Random(1000 + number), shift=0.03)
        changes = compare(base, worse, 0.01).changes
        found += next(c for c in changes if c.measure == "calls answered").verdict == "REGRESSION"
    assert found >= 16  # the power that 600 pairs have is over 0.9


def test_no_regression_is_found_in_a_hundred_campaigns_of_the_same_app():
    verdicts = [
        compare(
            rows_of(0.1, 100, Random(number)), rows_of(0.1, 100, Random(5000 + number)), 0.01
        ).verdict
        for number in range(100)
    ]
    assert verdicts.count("REGRESSION") == 0


def test_campaigns_that_are_run_by_run_the_same_pass():
    rows = rows_of(0.1, 5, Random(0))
    comparison = compare(rows, rows, 0.01)
    assert comparison.verdict == "PASS"
    assert comparison.changes[0].difference == (0.0, 0.0, 0.0)


def test_a_few_pairs_are_inconclusive():
    base, new = rows_of(0.1, 4, Random(1)), rows_of(0.1, 4, Random(2))
    assert compare(base, new, 0.01).verdict == "INCONCLUSIVE"


def test_a_check_that_fails_more_often_is_a_regression_by_its_name():
    good = [Row("p", seed, calls=1, answered=1, passed=("backs_off",)) for seed in range(100)]
    bad = [Row("p", seed, calls=1, answered=1, failed=("backs_off",)) for seed in range(100)]
    first = compare(good, bad, 0.01).changes[0]
    assert first.sentence.startswith("REGRESSION: backs_off: 100.00 % before, 0.00 % now")


@pytest.mark.parametrize(("pairs", "verdict"), [(2, "INCONCLUSIVE"), (20, "REGRESSION")])
def test_a_few_pairs_that_all_lose_the_same_are_no_regression_yet(pairs, verdict):
    base = [Row("p", seed, calls=10, answered=10) for seed in range(pairs)]
    new = [Row("p", seed, calls=10, answered=9) for seed in range(pairs)]
    assert compare(base, new, 0.01).verdict == verdict
    assert compare(new, base, 0.01).verdict == "PASS"


def test_campaigns_without_a_common_run_cannot_be_compared():
    with pytest.raises(UsageError, match="no profile at the same seed in common"):
        compare(rows_of(0.1, 2, Random(0)), rows_of(0.1, 2, Random(0), profile="q"), 0.01)


def test_a_plan_follows_from_the_spread_of_the_pilot():
    pilot = rows_of(0.1, 30, Random(3)) + rows_of(0.1, 30, Random(4), profile="q")
    wide, narrow = plan(pilot, 0.04), plan(pilot, 0.01)
    assert narrow.pairs == pytest.approx(16 * wide.pairs, rel=0.1)
    assert narrow.seeds * 2 >= narrow.pairs
    with pytest.raises(UsageError, match="at least two seeds"):
        plan(pilot[:1], 0.01)


def test_a_mean_of_one_run_claims_no_interval():
    one = [Row("p", 0, calls=2, answered=2, requests=3, tokens=10)]
    more = [*one, Row("p", 1, calls=2, answered=2, requests=5, tokens=30)]
    shown = [dict(zip(HEAD, cells(Summary("p", rows)), strict=True)) for rows in (one, more)]
    assert [each["requests a call"] for each in shown] == ["1.50", "2.00 (1.50 to 2.50)"]
    assert [each["tokens a call"] for each in shown] == ["5", "10 (5 to 15)"]


def test_until_looks_at_a_prefix_of_the_seeds_only():
    rows = rows_of(0.0, 200, Random(0))
    clean = [Row("p", row.seed, calls=1, answered=1) for row in rows]
    kept = enough(clean, 0.1)
    assert len(kept) == 40
    assert kept == enough(clean[:60], 0.1)
    assert enough(clean[1:], 0.1)[0].seed == 1
    gap = clean[:15] + clean[16:]
    assert len(enough(gap, 0.3)) == 10


def test_the_schedule_sees_every_profile_before_any_twice_and_ends_what_is_sure():
    schedule = Schedule(["a", "b", "c"], range(100), until=0.35)
    order = []
    for case in schedule:
        order.append(case.profile)
        answered = 1 if case.profile != "c" or case.seed % 2 else 0
        schedule.add(Row(case.profile, case.seed, calls=1, answered=answered))
    assert sorted(order[:3]) == ["a", "b", "c"]
    counts = {name: order.count(name) for name in "abc"}
    assert counts["a"] == counts["b"] == 10
    assert counts["c"] > 10


def test_a_table_of_ten_thousand_runs_is_made_from_its_rows():
    rows = rows_of(0.1, 10_000, Random(0))
    found = table("app", rows)
    assert len(found.in_all.rows) == 10_000
    assert found.in_all.answered.width < 0.01


def test_cost_and_waste_are_bootstrapped_over_runs():
    rows = [Row("p", n, calls=2, answered=2, tokens=100 + n, wasted_tokens=n) for n in range(20)]
    summary = Summary("p", rows)
    assert summary.cost.value == pytest.approx(54.75)
    assert summary.cost.low < 54.75 < summary.cost.high
    assert summary.wasted_tokens.value == pytest.approx(190 / 2190)
    assert 0 < summary.wasted_tokens.low < 190 / 2190 < summary.wasted_tokens.high < 0.2
