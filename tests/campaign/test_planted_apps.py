"""Real campaigns of apps whose true rates are known: what the intervals say of them is so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.campaign_apps import Dicing, Losing

from chaos_llm.campaign.campaign import Campaign
from chaos_llm.campaign.comparison import ANSWERED, compare
from chaos_llm.campaign.store import Store
from chaos_llm.campaign.table import Summary
from chaos_llm.profiles.model import Profile

pytest.importorskip("scipy")
pytestmark = pytest.mark.exhaustive(sample=0)  # thousands of real runs, a minute or two
TINY = {"calls": 1, "warmup": "1m", "recovery": "1m"}


def played(app, folder, seeds, first=0, **options):
    """The rows of an app without any outage, in the order of their seeds."""
    profile = Profile("healthy", "no outage", datetime(2026, 6, 1, tzinfo=UTC), 0.0)
    campaign = Campaign(
        f"support.campaign_apps:{app}", {profile.name: profile}, seeds, first, TINY | options
    )
    campaign.run(folder, workers=2)
    with Store.existing(folder) as store:
        return list(store)


def test_most_intervals_hold_the_true_rate_of_bad_runs(tmp_path):
    """Of 100 intervals of 95 % fewer than 89 would be one in two hundred."""
    rows = played("Dicing", tmp_path, 2500)
    assert {row.status for row in rows} == {"judged"}
    held = 0
    for number in range(100):
        bad = Summary("p", rows[number * 25 : (number + 1) * 25]).bad
        held += bad.low <= Dicing.rate <= bad.high
    assert held >= 89


def test_a_release_that_loses_three_points_more_is_a_regression_and_its_twin_is_none(tmp_path):
    many = {"calls": 40}
    base = played("Losing", tmp_path / "base", 300, **many)
    answered = Summary("p", base).answered
    assert answered.low <= 1 - Losing.rate <= answered.high
    worse = played("LosingMore", tmp_path / "worse", 300, **many)
    # Other seeds under the names of these: the same release, drawn anew.
    twin = played("Losing", tmp_path / "twin", 300, 1000, **many)
    twin = [type(row)(**{**row.to_record(), "seed": row.seed - 1000}) for row in twin]
    assert verdict(base, worse) == "REGRESSION"
    assert verdict(base, twin) != "REGRESSION"


def verdict(base, new):
    changes = compare(base, new, 0.01).changes
    return next(change for change in changes if change.measure == ANSWERED).verdict
