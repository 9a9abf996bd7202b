"""Reports as data."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema
import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import ERRORS, Defended
from support.judging import Replay
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.faults import truncated_answer
from chaos_llm.profiles.model import Flap, Post, Share, StatusPage, Target
from chaos_llm.reports.records.columns import Columns
from chaos_llm.reports.records.models import MODELS, schema

PAGES = {"anthropic": StatusPage("anthropic", (Post(10 * MINUTE, "investigating", "We look."),))}
BAD_HOUR = profile_of(window(ends=HOUR), status_pages=PAGES)


replay = Replay(BAD_HOUR, {"every": "1m", "warmup": "10m", "recovery": "10m"})


def told(*args, **options):
    return json.loads(replay(*args, **options).json())


@pytest.fixture(scope="module")
def rescued():
    return told(Defended())


def test_a_report_fits_its_schema(rescued):
    jsonschema.Draft202012Validator.check_schema(schema("report"))
    jsonschema.validate(rescued, schema("report"))
    jsonschema.validate(json.loads(replay().json(prompts=True)), schema("report"))


@pytest.mark.parametrize("name", MODELS)
def test_the_command_line_prints_the_schema(name):
    command = [sys.executable, "-m", "chaos_llm", "schema", name]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == schema(name)


def test_a_schema_that_fits_everything_would_not_fit_this(rescued):
    with pytest.raises(jsonschema.ValidationError, match="unexpected"):
        jsonschema.validate(rescued | {"more": 1}, schema("report"))
    with pytest.raises(jsonschema.ValidationError, match="required"):
        jsonschema.validate({"schema_version": 2}, schema("report"))


def test_a_written_record_is_read_back(rescued):
    assert json.loads(MODELS["report"].model_validate(rescued).model_dump_json()) == rescued


def test_it_has_the_profile_and_the_outcomes(rescued):
    assert rescued["schema_version"] == 2
    assert rescued["profile"]["name"] == "a-bad-day"
    assert rescued["seed"] == 3
    assert (rescued["begins"], rescued["ends"]) == (-10 * MINUTE, HOUR + 10 * MINUTE)
    assert (rescued["calls"], rescued["answered"]) == (80, 1.0)
    assert rescued["grade"] == "rescued"
    assert rescued["grades"] == {"fine": 20, "rescued": 60}
    assert rescued["outcomes"] == {"primary": 20, "fallback": 60}
    (page,) = rescued["profile"]["status_pages"]
    assert page["posts"][0]["says"] == "We look."


def test_outcomes_over_time_add_up(rescued):
    count = {outcome: sum(counts) for outcome, counts in rescued["over_time"].items()}
    assert count == rescued["outcomes"]
    lengths = {len(counts) for counts in rescued["over_time"].values()}
    lengths |= {
        len(each[key]) for each in rescued["providers"] for key in ("requests_by_column", "hit")
    }
    assert len(lengths) == 1
    first = int(10 * MINUTE / rescued["step"])
    assert not any(rescued["over_time"]["fallback"][:first])
    assert rescued["over_time"]["fallback"][first] == 1


def test_providers_are_recorded_with_the_times_without_requests(rescued):
    anthropic, openai = rescued["providers"]
    assert (anthropic["name"], openai["name"]) == ("anthropic", "openai")
    assert anthropic["requests"] == anthropic["failed"] + 20
    assert openai["requests"] == 60
    assert anthropic["down"] == [{"begins": 0.0, "ends": HOUR}]
    before, after = openai["left_alone"]
    assert (before["calls"], after["calls"]) == (10, 10)
    assert before["ends"] == 0.0


def test_failures_are_recorded_once_for_each_kind():
    record = told()
    (kind,) = record["failures"]
    assert (kind["call"], kind["at"], kind["outcome"], kind["calls"]) == (10, 0.0, "failed", 60)
    assert kind["cause"].startswith("OverloadedError: Error code: 529")
    assert (record["longest_downtime"], record["longest_downtime_at"]) == (HOUR, 0.0)


def test_findings_of_the_test_come_before_the_standard_ones():
    report = replay(every="30s")
    with pytest.raises(AssertionError):
        report.check()
    record = json.loads(report.json())
    assert all(finding["claimed"] for finding in record["findings"])
    failed = [f for f in record["findings"] if f["verdict"] == "fail"]
    assert all(re.match(r"call \d+ asked \w+ .* at \S+:\d+ in \w+", f["first"]) for f in failed)
    assert not any(f["first"] for f in record["findings"] if f["verdict"] != "fail")
    assert [f["check"].partition("(")[0] for f in failed] == ["stops_calling"]
    assert failed[0]["why"]
    unasked = json.loads(replay(every="30s").json())["findings"]
    assert {f["check"] for f in unasked} == {f["check"] for f in record["findings"]}
    assert not any(f["claimed"] for f in unasked)


def test_exposure_is_recorded():
    record = told(profile=profile_of(window(truncated_answer(), ends=HOUR)))
    assert record["corruption_shown"] == {"calls": 60, "first": 10}
    assert record["grade"] == "corruption shown"


def test_neither_prompts_nor_keys_are_in_it_unless_prompts_are_requested():
    def leaks(question):
        try:
            return ask_once(question)
        except ERRORS:
            raise RuntimeError(f"no answer to {question} with sk-ant-0123456789abcdef") from None

    report = replay(leaks, prompts=["my private matter, order KX-11111"])
    for text in (report.json(), report.json(calls=True), report.html()):
        assert "private" not in text
        assert "sk-ant" not in text
    assert "private" in report.json(prompts=True)


def test_calls_are_recorded_one_by_one_on_request():
    calls = json.loads(replay().json(calls=True))["each_call"]
    assert [call["number"] for call in calls] == list(range(80))
    assert [call["outcome"] for call in calls[9:11]] == ["primary", "failed"]
    assert [call["grade"] for call in calls[9:11]] == ["fine", "safe failure"]
    assert calls[10]["error"] == "OverloadedError"
    assert calls[10]["prompt"] is None
    assert told()["each_call"] is None


def test_a_changing_share_is_recorded_by_its_points():
    share = Share(((0.0, 0.2), (1800.0, 0.8), (HOUR, 0.0)))
    (made,) = told(profile=profile_of(window(share=share, ends=HOUR)))["profile"]["windows"]
    assert made["shares"] == [[0.0, 0.2], [1800.0, 0.8], [HOUR, 0.0]]


def test_a_window_that_flaps_is_recorded_with_its_pauses():
    flapping = window(ends=20 * MINUTE, flap=Flap(5 * MINUTE, 5 * MINUTE))
    (made,) = told(profile=profile_of(flapping))["profile"]["windows"]
    assert (made["begins"], made["ends"]) == (0.0, 15 * MINUTE)
    assert [share for _, share in made["shares"]] == [1, 1, 0, 0, 1, 1]


def test_a_documented_window_is_marked_as_such():
    web = window(ends=HOUR, name="the web is slow", on=Target("anthropic", "web"))
    windows = told(profile=profile_of(web, window(ends=HOUR)))["profile"]["windows"]
    assert [(each["name"], each["simulated"]) for each in windows] == [
        ("the web is slow", False),
        ("a window", True),
    ]


def test_real_servers_are_recorded(rescued):
    assert rescued["real_peers"] == []
    report = replay(calls=1, every=None)
    report.real_peers = ("redis:6379",)
    assert json.loads(report.json())["real_peers"] == ["redis:6379"]
    assert "no virtual time passed for them: redis:6379" in report.html()


def test_a_report_can_be_written_during_the_outage():
    with outage(BAD_HOUR) as chaos:
        report = chaos.replay(ask_once, calls=5)
        inside = report.json(), report.html()
    assert inside == (report.json(), report.html())


def test_the_same_seed_gives_the_same_json():
    assert replay(ask).json(prompts=True) == replay(ask).json(prompts=True)


@pytest.mark.parametrize(
    ("seconds", "step"), [(1, 0.01), (60, 0.5), (HOUR, 30), (38_940, 300), (30 * 86400, 21600)]
)
def test_a_column_is_a_length_that_people_count_in(seconds, step):
    columns = Columns([(0.0, seconds)])
    assert columns.step == step
    assert len(columns.begins) <= 150
    assert columns.begins[-1] < seconds <= columns.begins[-1] + step


def test_exchanges_outside_of_the_range_count_in_the_edge_columns():
    assert Columns([(10.0, 15.0)]).count_of([0.0, 10.0, 99.0])[0] == 2
    assert sum(Columns([(10.0, 15.0)]).count_of([0.0, 10.0, 99.0])) == 3


def test_a_long_time_without_calls_is_cut_out():
    bursts = profile_of(
        *(window(begins=at, ends=at + HOUR, name=f"{at:g}") for at in (0.0, 100 * HOUR))
    )
    record = told(profile=bursts)
    first, second = record["stretches"]
    assert (first["begins"], second["ends"]) == (record["begins"], record["ends"])
    assert second["begins"] - first["ends"] > 90 * HOUR
    columns = first["columns"] + second["columns"]
    assert columns <= 150
    assert record["step"] <= 120
    assert all(len(counts) == columns for counts in record["over_time"].values())
    assert sum(record["over_time"]["failed"]) == record["outcomes"]["failed"]
    assert len(told()["stretches"]) == 1
