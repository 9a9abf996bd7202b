"""Several files of the same calls: recognised by ids and by times, and not where calls differ."""

from __future__ import annotations

import json
import random

import pytest
from support import recorded_morning as morning

pytest.importorskip("ruptures", reason="needs the extra `import`")


def access(path, made, *, later=0.0, longer=0.0, ids=None):
    rows = [
        {
            "start_time": c.at + later,
            "response_code": c.status,
            "authority": "api.anthropic.com",
            "path": "/v1/messages",
            "duration": 1000 * (c.seconds + longer),
            "x_request_id": ids[n] if ids else None,
        }
        for n, c in enumerate(made)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def plain(path, made):
    """An access log without durations, in which whole seconds say when calls ended."""
    rows = [f"{int(c.at + c.seconds)},anthropic,{c.status}" for c in made]
    path.write_text("\n".join(["when,provider,status", *rows]))
    return path


@pytest.fixture
def litellm(tmp_path):
    path = tmp_path / "litellm.jsonl"
    path.write_text(morning.litellm(morning.calls()))
    return path


def recorded(run):
    return int(run.profile.confidence.split()[1].replace(",", ""))


def test_a_gateways_log_and_that_of_the_proxy_before_it_are_warned_of(imported, litellm, tmp_path):
    before = access(tmp_path / "envoy.jsonl", morning.calls(), later=-0.04, longer=0.06)
    run = imported(litellm, before)
    warning = next(line for line in run.said.splitlines() if line.startswith("WARNING"))
    assert "litellm.jsonl and envoy.jsonl seem to have the same calls" in warning
    assert "720 of 720 calls" in warning
    assert "--once" in warning
    assert warning in run.profile.note
    assert recorded(run) == 1440


def test_once_counts_each_as_the_first_file_has_it(imported, litellm, tmp_path):
    before = access(tmp_path / "envoy.jsonl", morning.calls(), later=-0.04, longer=0.06)
    alone = imported(litellm).profile
    run = imported(litellm, before, "--once")
    assert "are taken for the same, and counted once (--once)" in run.said
    assert recorded(run) == 720
    assert run.profile.windows == alone.windows


def test_calls_of_a_log_without_durations_are_recognised_by_their_ends(imported, tmp_path):
    rng = random.Random(3)
    starts = sorted(morning.STARTS + 3600 * rng.random() for _ in range(360))
    made = [
        morning.Call(at, 529 if 90 < n < 150 else 200, rng.lognormvariate(1.5, 0.5), "u")
        for n, at in enumerate(starts)
    ]
    gateway = tmp_path / "gateway.jsonl"
    gateway.write_text(morning.litellm(made))
    run = imported(gateway, plain(tmp_path / "plain.csv", made))
    assert "gateway.jsonl and plain.csv seem to have the same calls" in run.said


def test_a_sample_of_the_calls_is_recognised(imported, litellm, tmp_path):
    spans = tmp_path / "spans.json"
    spans.write_text(morning.otlp(morning.calls()[::4]))
    assert "180 of 180 calls of spans.json begin and end" in imported(litellm, spans).said


def test_calls_with_one_id_are_counted_once(imported, tmp_path):
    ids = [f"{n:032x}" for n in range(720)]
    first = access(tmp_path / "edge.jsonl", morning.calls(), ids=ids)
    second = access(tmp_path / "mesh.jsonl", morning.calls(), later=0.01, ids=ids)
    run = imported(first, second)
    assert "720 calls are in several files, as the ids of their replies show" in run.said
    assert "WARNING" not in run.said
    assert recorded(run) == 720


def test_an_id_of_several_calls_in_a_file_proves_nothing(imported, tmp_path):
    """Each client sends one id with all its calls, and the replicas serve different ones."""
    ids = [f"client-{n % 5}" for n in range(720)]
    first = access(tmp_path / "a.jsonl", morning.calls(seed=1), ids=ids)
    second = access(tmp_path / "b.jsonl", morning.calls(seed=2), ids=ids)
    assert recorded(imported(first, second)) == 1440


def test_a_second_try_on_another_replica_has_the_id_and_is_another_call(imported, tmp_path):
    ids = [f"{n:032x}" for n in range(720)]
    made = morning.calls()
    first = access(tmp_path / "a.jsonl", made, ids=ids)
    second = access(tmp_path / "b.jsonl", made, later=4.0, ids=ids)
    assert recorded(imported(first, second)) == 1440


def test_an_hour_that_two_rotated_logs_both_have_is_warned_of(imported, tmp_path):
    made = morning.calls()
    first = access(tmp_path / "access.1.jsonl", made[:420])
    second = access(tmp_path / "access.2.jsonl", made[300:])
    assert "120 of 120 calls" in imported(first, second).said


def together(seed):
    """Calls that begin within two seconds after each whole minute."""
    rng = random.Random(seed)
    starts = (60 * minute + 2 * rng.random() for minute in range(60) for _ in range(12))
    return [
        morning.Call(
            at=morning.STARTS + at,
            status=529 if 600 < at < 1500 else 200,
            seconds=rng.lognormvariate(0.3, 0.3),
            user="u",
        )
        for at in starts
    ]


@pytest.mark.parametrize("traffic", [morning.calls, together], ids=["steady", "in-minutes"])
def test_logs_of_two_replicas_are_not_warned_of(imported, tmp_path, traffic):
    first = access(tmp_path / "a.jsonl", traffic(seed=1))
    second = access(tmp_path / "b.jsonl", traffic(seed=2))
    run = imported(first, second)
    assert "WARNING" not in run.said
    assert recorded(run) == 1440


def test_files_of_one_name_are_told_apart_by_their_folders(imported, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        access(tmp_path / folder / "access.jsonl", morning.calls())
    said = imported(tmp_path / "one", tmp_path / "two").said
    assert f"{tmp_path / 'one' / 'access.jsonl'} and {tmp_path / 'two' / 'access.jsonl'}" in said
