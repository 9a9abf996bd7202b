"""`chaos-llm import` makes a profile of a recording: windows, shares, mixes, evidence."""

from __future__ import annotations

import json

import pytest
from support import recorded_morning as morning

from chaos_llm.cli import main
from chaos_llm.profiles import lint

pytest.importorskip("ruptures", reason="needs the extra `import`")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "access.jsonl"
    rows = [
        {"at": morning.iso(c.at), "provider": "anthropic", "status": c.status, "seconds": c.seconds}
        for c in morning.calls()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_windows_shares_and_mixes_are_those_of_the_recording(imported, log):
    first, second = imported(log).profile.windows
    assert first.begins[0] - 5 <= 600 <= first.begins[1] + 5
    assert first.ends[0] - 5 <= 1500 <= first.ends[1] + 5
    assert second.begins[0] - 5 <= 1800 <= second.begins[1] + 5
    assert second.ends[0] - 5 <= 2100 <= second.ends[1] + 5
    assert first.share.at(700) == pytest.approx(0.9, abs=0.05)
    assert second.share.at(1900) == pytest.approx(0.4, abs=0.14)
    weights = {weighted.fault.name: weighted.weight for weighted in first.faults}
    assert weights["overloaded"] / sum(weights.values()) == pytest.approx(0.6, abs=0.1)
    assert [weighted.fault.name for weighted in second.faults] == ["overloaded"]


def test_windows_are_named_by_what_happened(imported, log):
    names = [window.name for window in imported(log).profile.windows]
    assert names[0].startswith("08:10 to 08:25: 8")
    assert names[0].endswith(" % of 529 and 500")
    assert names[1].endswith(" % of 529")


def test_the_recording_is_the_evidence_of_every_fact_that_it_shows(imported, log):
    profile = imported(log).profile
    assert profile.sources["recording"].grade == "reported"
    assert "access.jsonl" in profile.sources["recording"].title
    for window in profile.windows:
        assert set(window.evidence.values()) == {"recording"}


def test_what_the_data_cannot_say_is_said_aloud(imported, log):
    run = imported(log)
    assert "Assumed: each call fails on its own" in run.said
    assert "Assumed: each call fails on its own" in run.profile.note


def test_healthy_latencies_are_the_baseline(imported, log):
    latency = imported(log).profile.baseline["anthropic"]
    assert latency.first_token == pytest.approx(1.35, abs=0.1)
    assert latency.evidence == "recording"


def test_a_first_token_that_was_not_recorded_is_said_aloud(imported, log):
    said = "Assumed: replies of anthropic come whole; when their first token came was not recorded."
    run = imported(log)
    assert said in run.said
    assert said in run.profile.note


def test_the_draft_passes_lint(imported, log):
    assert not lint.problems(imported(log).path)


def test_a_profile_that_exists_is_not_replaced_unasked(imported, log, capsys):
    path = imported(log).path
    assert main(["import", str(log), "-o", str(path)]) == 2
    assert "--force replaces it" in capsys.readouterr().err


def test_failures_at_an_uncertain_end_make_no_window_of_what_follows(imported, tmp_path):
    """Of the three failures after the healthy one, the first may still be the outage's."""
    codes = ["200"] * 10 + ["529"] * 13 + ["200", "500", *["200"] * 8, "529", "529", *["200"] * 25]
    rows = [f"2026-05-04T08:{n:02}:00Z,anthropic,{code}" for n, code in enumerate(codes)]
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(["when,provider,status", *rows]))
    run = imported(path)
    (window,) = run.profile.windows
    assert window.ends[0] < 1440 < window.ends[1]
    assert "3 failures (5.00% of all calls) are in no window" in run.said
