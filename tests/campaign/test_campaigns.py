"""Campaigns of real apps in real processes: the table, what crashes, and going on after an end."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from chaos_llm import campaign
from chaos_llm.campaign.app_factory import fresh_app
from chaos_llm.campaign.campaign import Campaign, chosen, drawn
from chaos_llm.campaign.case import Row
from chaos_llm.campaign.files import write
from chaos_llm.campaign.records import record, schema
from chaos_llm.campaign.store import Store
from chaos_llm.cli import main
from chaos_llm.errors import UnknownName, UsageError

pytestmark = pytest.mark.exhaustive(of_file=2)  # each plays outages in processes of its own

pytest.importorskip("scipy")
PLAIN = "support.campaign_apps:Plain"
PROFILES = ("anthropic-529-storm", "anthropic-2025-12-14-network")
FEW = {"calls": 4, "warmup": "1m", "recovery": "1m"}


def planned(app: str = PLAIN, seeds: int = 2, **more) -> Campaign:
    return Campaign(app, chosen(PROFILES), seeds, options=FEW, **more)


def shown(table) -> str:
    return record(table, "campaign").model_dump_json()


def test_the_same_campaign_gives_the_same_table_whatever_the_workers(tmp_path):
    one = planned().run(tmp_path / "1", workers=1)
    three = planned().run(tmp_path / "3", workers=3)
    assert shown(one) == shown(three)
    assert [len(each.rows) for each in one.profiles] == [2, 2]
    assert one.in_all.judged[0].calls == 4
    assert one.in_all.judged[0].requests >= 4
    assert one.in_all.cost.value > 0
    assert all(row.wasted_tokens <= row.tokens for row in one.in_all.judged)


def test_a_campaign_that_was_interrupted_goes_on_to_the_same_table(tmp_path):
    def interrupt(_row, done, _all):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planned().run(tmp_path / "a", workers=1, on_row=interrupt)
    with pytest.raises(UsageError, match="--resume"):
        planned().run(tmp_path / "a", workers=1)
    played = []
    resumed = planned().run(
        tmp_path / "a", resume=True, workers=1, on_row=lambda row, *_: played.append(row.case)
    )
    assert len(played) == 2
    assert shown(resumed) == shown(planned().run(tmp_path / "b", workers=2))


def test_a_folder_of_another_campaign_is_refused(tmp_path):
    planned(seeds=1).run(tmp_path, workers=1)
    with pytest.raises(UsageError, match="differs in seeds"):
        planned(seeds=2).run(tmp_path, resume=True, workers=1)


def test_a_run_whose_process_dies_is_retried_in_another(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGN_TEST_MARK", str(tmp_path / "mark"))
    table = planned("support.campaign_apps:dies_once", seeds=1).run(tmp_path / "a", workers=1)
    assert [row.status for row in table.in_all.rows] == ["judged", "judged"]


@pytest.mark.exhaustive(sample=1)  # each begins some processes anew
@pytest.mark.parametrize(
    ("app", "status", "error"),
    [
        ("dies", "lost", "its process ended with status -9"),
        ("hangs", "hung", "the run did not end within"),
        ("Broken.answer", "crashed", "RuntimeError: no settings"),
    ],
)
def test_a_run_that_fails_is_a_row_and_the_campaign_goes_on(tmp_path, app, status, error):
    limit = 2.0 if app == "hangs" else 600.0
    table = planned(f"support.campaign_apps:{app}", seeds=1, limit=limit).run(tmp_path, workers=2)
    assert [row.status for row in table.in_all.rows] == [status, status]
    assert error in table.in_all.rows[0].error
    assert table.in_all.bad.value == 1


def test_the_files_say_what_the_table_says(tmp_path):
    plan = planned(seeds=1)
    table = plan.run(tmp_path, workers=1)
    plan.write_pages(table, tmp_path / "runs")
    write(table, tmp_path)
    written = json.loads((tmp_path / "campaign.json").read_text())
    jsonschema.validate(written, schema())
    assert written["in_all"]["runs"] == 2
    worst = written["in_all"]["worst"][0]
    assert worst["command"] == f"chaos-llm campaign show {tmp_path} {worst['profile']} 0"
    page = (tmp_path / "campaign.html").read_text()
    link = f"runs/{worst['profile']}-0.html"
    assert link in page
    assert (tmp_path / link).read_text().startswith("<!doctype html>")
    suites = ET.fromstring((tmp_path / "campaign.xml").read_text())
    assert {suite.get("name") for suite in suites} == set(PROFILES)
    assert f"| {PROFILES[0]} |" in (tmp_path / "campaign.md").read_text()


def test_the_worker_s_versions_must_be_those_of_the_campaign(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "chaos_llm.campaign.campaign.fingerprint", lambda _app: {"python": "2.7", "packages": ""}
    )
    with pytest.raises(UsageError, match="another python and another packages"):
        planned(seeds=1).run(tmp_path, workers=1)


def test_from_python_it_takes_the_options_of_replay(tmp_path):
    table = campaign.run(PLAIN, PROFILES[0], seeds=1, out=tmp_path, workers=1, **FEW)
    assert table.in_all.rows[0].calls == 4


@pytest.mark.parametrize("app", ["Plain", "Plain.answer", "factory"])
def test_a_class_a_method_or_a_factory_names_an_app(app):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "k")
        assert fresh_app(f"support.campaign_apps:{app}").__name__ == "answer"


def test_an_object_with_two_methods_needs_the_name_of_one():
    with pytest.raises(UsageError, match=r"Two\.answer, support\.campaign_apps:Two\.shout"):
        fresh_app("support.campaign_apps:Two")


def test_profiles_are_chosen_by_name_pattern_and_tag():
    assert set(chosen(["anthropic-2026-03-*"])) == {
        each for each in chosen(["anthropic-*"]) if "2026-03" in each
    }
    assert len(chosen(["tag:5xx"])) > 20
    with pytest.raises(UnknownName, match=r"unknown profile 'no-such-\*'"):
        chosen(["no-such-*"])


def test_drawn_outages_are_the_same_for_one_seed():
    assert drawn(3) == drawn(3)
    assert list(drawn(3)) == ["drawn-0000", "drawn-0001", "drawn-0002"]


def test_results_are_on_the_disk_as_they_come(tmp_path):
    seen = []

    def look(_row, done, _all):
        with Store(Path(tmp_path)) as store:
            seen.append((done, len(store)))

    planned(seeds=1).run(tmp_path, workers=1, on_row=look)
    assert seen == [(1, 1), (2, 2)]
    assert (tmp_path / "campaign.sqlite").stat().st_size > 0


def test_a_run_is_shown_again_with_the_options_of_its_campaign(tmp_path, capsys):
    profiles = chosen(PROFILES[:1]) | drawn(2)
    Campaign(PLAIN, profiles, 1, options=FEW).run(tmp_path, workers=1)
    for name in profiles:
        status = main(["campaign", "show", str(tmp_path), name, "0"])
        shown_again = capsys.readouterr().out
        assert status in (0, 1)
        assert "primary" in shown_again or "failed" in shown_again
        assert name in shown_again
    assert main(["campaign", "show", str(tmp_path), "no-such", "0"]) == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"options": {"every": "2m"}, "profiles": {"p": "a"}}, "differ in every:"),
        ({"options": {"every": "1m"}, "profiles": {"p": "b"}}, "other profiles of the name p:"),
    ],
)
def test_campaigns_under_other_conditions_are_not_compared(tmp_path, capsys, other, said):
    first = {"options": {"every": "1m"}, "profiles": {"p": "a", "only here": "c"}}
    for folder, about in (("a", first), ("b", other), ("c", first | {"app": "new"})):
        with Store(tmp_path / folder) as store:
            store.begin(about, resume=False)
            for seed in range(2):
                store.add(Row("p", seed, calls=4, answered=4))
    a, b, c = (str(tmp_path / folder) for folder in "abc")
    assert main(["campaign", "compare", a, b]) == 2
    assert said in capsys.readouterr().err
    assert main(["campaign", "compare", a, c]) == 0


def test_a_plan_from_runs_that_agree_says_that_it_is_the_least(tmp_path, capsys):
    with Store(tmp_path) as pilot:
        for seed in range(2):
            pilot.add(Row("p", seed, calls=4, answered=4))
    assert main(["campaign", "plan", str(tmp_path)]) == 0
    assert "agree and show no spread: this is the least" in capsys.readouterr().out


def test_results_comparisons_and_plans_are_printed_as_json(tmp_path, capsys):
    few = ["--seeds", "2", "--workers", "1", "--calls", "4", "--out", str(tmp_path / "a")]
    assert main(["campaign", PLAIN, "--profiles", PROFILES[0], *few, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    folder = str(tmp_path / "a")
    assert main(["campaign", "compare", folder, folder, "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert main(["campaign", "plan", folder, "--json"]) == 0
    planned_ = json.loads(capsys.readouterr().out)

    assert whole == json.loads((tmp_path / "a" / "campaign.json").read_text())
    assert (compared["verdict"], compared["changes"][0]["pairs"]) == ("PASS", 2)
    assert planned_["profiles"] == 1
