"""Which clients fail again, and when answers were slow, comes back from a recording of it."""

from __future__ import annotations

import json
import random

import pytest
from support.recorded_morning import STARTS, iso

pytest.importorskip("ruptures", reason="needs the extra `import`")

BEGINS, ENDS = 600, 2400  # seconds of the outage in a recording of 50 minutes
SEEDS = pytest.mark.parametrize("seed", range(8))
pytestmark = pytest.mark.exhaustive(sample=4)  # each imports thousands of calls


def calls(seed, *, failing, seconds=lambda rng, at: rng.lognormvariate(0, 0.3), clients=20):
    """The rows of clients that call by turns, two a second, in the form of our own recordings."""
    rng = random.Random(seed)
    rows = []
    for number in range(6000):
        at, client = number * 0.5 + rng.random() / 4, f"c{rng.randrange(clients)}"
        failed = BEGINS <= at < ENDS and failing(rng, client, at)
        rows.append(
            {
                "at": iso(STARTS + at),
                "end": "complete",
                "provider": "anthropic",
                "model": "claude-sonnet-5-5",
                "status": 529 if failed else 200,
                "seconds": 0.2 if failed else round(seconds(rng, at), 3),
                "client": client,
                "credential": f"k{int(client[1:]) % 10}",
            }
        )
    return rows


def sticky(share, epoch, by=lambda client: client):
    """Every client, or what `by` makes of it, fails or not for a whole epoch of some seconds."""
    drawn = {}

    def failing(rng, client, at):
        key = by(client), int(at // epoch)
        return drawn.setdefault(key, rng.random() < share)

    return failing


@pytest.fixture
def found(imported, tmp_path):
    """Import rows; gives the profile."""

    def run(rows):
        path = tmp_path / "calls.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return imported(path).profile

    return run


@SEEDS
def test_independent_failures_are_not_sticky(found, seed):
    (window,) = found(calls(seed, failing=lambda rng, *_: rng.random() < 0.4)).windows
    assert window.sticky_for is None
    assert window.sticky_by == "request"


@SEEDS
@pytest.mark.parametrize("epoch", [60, 300])
def test_how_long_a_client_goes_on_failing_is_found(found, seed, epoch):
    (window,) = found(calls(seed, failing=sticky(0.5, epoch))).windows
    assert window.sticky_by == "session"
    assert epoch / 1.6 <= window.sticky_for <= epoch * 1.6
    assert window.share.at(BEGINS + 900) == pytest.approx(0.5, abs=0.2)


@SEEDS
def test_a_client_that_fails_for_the_whole_window_does_so_in_the_profile(found, seed):
    (window,) = found(calls(seed, failing=sticky(0.5, 1e9), clients=40)).windows
    assert window.sticky_by == "session"
    assert window.sticky_for is None


def test_credentials_are_what_sticks_where_clients_are_unknown(found):
    rows = calls(1, failing=sticky(0.5, 300, by=lambda client: int(client[1:]) % 10))
    for row in rows:
        del row["client"]
    (window,) = found(rows).windows
    assert window.sticky_by == "credential"
    assert 180 <= window.sticky_for <= 480


@SEEDS
def test_a_window_of_slow_answers_is_found_with_what_it_added(found, seed):
    def seconds(rng, at):
        return rng.lognormvariate(0, 0.3) + (4 if BEGINS <= at < ENDS else 0)

    def failing(rng, _client, at):
        return at < BEGINS + 300 and rng.random() < 0.7

    profile = found(calls(seed, failing=failing, seconds=seconds))
    slow = [w for w in profile.windows if w.faults[0].fault.name == "latency"]
    (window,) = slow
    assert abs(window.begins[0] - BEGINS) <= 15
    assert abs(window.ends[0] - ENDS) <= 15
    assert profile.baseline["anthropic"].first_token == pytest.approx(1.0, abs=0.1)


@SEEDS
def test_noise_alone_makes_no_window_of_slow_answers(found, seed):
    rows = calls(
        seed,
        failing=lambda rng, *_: rng.random() < 0.5,
        seconds=lambda rng, _at: rng.lognormvariate(0, 0.8),
    )
    assert [w.faults[0].fault.name for w in found(rows).windows] == ["overloaded"]


def test_first_tokens_and_the_pace_of_tokens_are_the_baseline(found):
    rows = calls(1, failing=lambda rng, *_: rng.random() < 0.5)
    rng = random.Random(2)
    for row in rows:
        if row["status"] == 200:
            row["first_token"], row["token"] = 0.4 + rng.random() / 10, 0.02 + rng.random() / 100
    profile = found(rows)
    latency = profile.baseline["anthropic"]
    assert latency.first_token == pytest.approx(0.45, abs=0.02)
    assert latency.token == pytest.approx(0.025, abs=0.002)
    assert "come whole" not in profile.note
