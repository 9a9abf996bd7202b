"""What `report.check()` says where it fails, what it leaves out, and reports without a replay."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from functools import cache

import anthropic
import pytest
from support.apps.bots import ask, ask_once
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import CheckFailed, outage
from chaos_llm.checks import (
    Finding,
    backs_off,
    retries_stay_under,
    stays_within,
    stops_calling,
)
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import overloaded
from chaos_llm.reports.report import NoFaultApplied, Report

BAD_HOUR = profile_of(window(ends=HOUR))
SAID = {"pass": "passed", "not judged": "not judged", "not applicable": "not applicable"}


def asks_four_times(prompt):
    """An app with a retry loop, so that each call is many requests."""
    for _ in range(4):
        with suppress(anthropic.OverloadedError):
            return ask(prompt)
    raise ConnectionError("please ask again")


def replayed(app, profile=BAD_HOUR, **options) -> Report:
    with outage(profile) as chaos:
        return chaos.replay(app, **options or {"every": "1m"})


@cache
def run_of_stubborn_app():
    return replayed(asks_four_times, every="2m").run


def stubborn() -> Report:
    return Report(run_of_stubborn_app())


def failure_of(report: Report, *checks, **options) -> str:
    with pytest.raises(CheckFailed) as failed:
        report.check(*checks, **options)
    return str(failed.value)


def broken(prompt):
    return {}["no such key"] + prompt


def test_the_failing_findings_are_in_full_and_the_rest_is_a_count():
    report = stubborn()
    lines = failure_of(report).splitlines()
    assert lines[0].startswith("FAIL stops_calling(")
    assert sum(line.startswith("FAIL") for line in lines) == len(lines) // 3
    counts = Counter(finding.verdict for finding in report.findings)
    rest = [f"{counts[name]} {said}" for name, said in SAID.items() if counts[name]]
    assert lines[-1] == f"{', '.join(rest)}; report.findings has them"


def test_a_finding_names_the_first_call_the_provider_and_the_line_that_asked_it():
    report = stubborn()
    text = failure_of(report, stops_calling("anthropic"), backs_off())
    finding = report.findings[0]
    first = next(e for e in report.run.exchanges if e.at == finding.at)
    assert f"first: call {first.call} asked anthropic (claude-sonnet-5-5) at " in text
    assert "bots.py:" in text
    assert " in ask\n" in text


@pytest.mark.filterwarnings("ignore:.* never applied")
def test_a_finding_without_a_request_says_so():
    def late(run):
        return Finding("no_request", "fail", "too quiet", at=run.calls[0].began)

    with outage(BAD_HOUR) as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        report = chaos.replay(lambda prompt: ask_once() if "KX" in prompt else prompt, calls=5)
    assert "first: call 0 sent no request" in failure_of(report, late)


def test_the_line_is_recorded_for_failed_calls_only_and_is_in_no_journal():
    with outage(BAD_HOUR) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        chaos.on("anthropic").heal()
        ask_once()
        assert ["bots.py" in exchange.app_line for exchange in chaos.journal] == [True, False]
        assert "bots.py" not in chaos.journal.to_jsonl()


def test_pytest_shows_the_line_of_the_test_and_none_of_ours(pytester):
    pytester.makepyfile(
        """
        import anthropic
        from chaos_llm.checks import never_waits_past, stops_calling
        from chaos_llm.faults import overloaded

        def ask(prompt):
            client = anthropic.Anthropic(max_retries=0)
            said = {"role": "user", "content": prompt}
            return client.messages.create(model="m", max_tokens=9, messages=[said]).content[0].text

        def test_it(chaos):
            chaos.on("anthropic").inject(overloaded(), for_="1h")
            report = chaos.replay(ask, every="30s")
            report.check(never_waits_past(1), stops_calling("anthropic", within_calls=3))
        """
    )
    result = pytester.runpytest("-p", "no:randomly")
    result.stdout.fnmatch_lines(
        [
            "*report.check(never_waits_past(1), *",
            "E *CheckFailed: FAIL *",
            "E * first: call * asked anthropic (m) at *:8 in ask",
            "E * report.findings has it",
            "*chaos timeline*",
        ]
    )
    result.stdout.no_fnmatch_line("*raise failure*")


@pytest.mark.parametrize(
    "skip", [["stops_calling"], "stops_calling", [stops_calling], stops_calling]
)
def test_checks_can_be_skipped(skip):
    report = stubborn()
    assert "stops_calling" not in failure_of(report, skip=skip)
    assert not any(finding.check.startswith("stops_calling") for finding in report.findings)


def test_one_check_of_several_can_be_skipped():
    report = replayed(ask)
    wanted = retries_stay_under(3)
    report.check(wanted, stops_calling("anthropic"), skip=[stops_calling("anthropic")])
    assert [finding.check for finding in report.findings] == [repr(wanted)]


def test_an_unknown_name_to_skip_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match="nearest first: 'stops_calling'"):
        replayed(ask).check(skip=["stops_caling"])


def test_a_wrong_keyword_of_check_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match="nearest first: 'skip', 'allow_no_faults'"):
        replayed(ask).check(exclude=["stops_calling"])


def test_c16_an_app_that_fails_on_healthy_providers_is_told_that_first():
    text = failure_of(replayed(broken, None, calls=20))
    assert text.startswith("all 20 calls failed on a healthy provider, the first with KeyError: ")
    assert "none of them asked a provider" in text
    assert 'in broken\n      return {}["no such key"] + prompt' in text


def test_c16_it_is_so_on_a_bad_day_too():
    text = failure_of(replayed(lambda prompt: ask_once(prompt).no_such_method(), every="1m"))
    assert text.startswith("all 10 calls before the first fault failed on a healthy provider, ")
    assert "AttributeError: 'str' object has no attribute 'no_such_method'" in text.splitlines()[0]


def test_c16_what_a_mistake_of_the_app_explains_is_a_count():
    text = failure_of(replayed(lambda prompt: ask_once(prompt).no_such_method(), calls=20))
    assert "NOT JUDGED" not in text
    assert "not judged" in text.splitlines()[-1]


def test_c16_a_profile_of_another_provider_than_the_apps_says_how_to_move_it():
    with outage("openai-2024-12-26-power") as chaos:
        report = chaos.replay(ask_once, calls=5)
    with pytest.raises(NoFaultApplied) as failure:
        report.check()
    assert str(failure.value).startswith(
        "nothing was tested: openai-2024-12-26-power hits openai, and the app asked anthropic; "
        'provider="anthropic" of outage(), or --chaos-provider anthropic, moves it there. no fault'
    )


def test_c16_an_endpoint_that_is_not_simulated_is_named():
    def app(prompt):
        return anthropic.Anthropic(max_retries=0).get("/v1/weather", cast_to=object)

    assert "endpoints that chaos_llm does not simulate: GET /v1/weather" in failure_of(
        replayed(app, None, calls=5)
    )


def test_c16_no_permission_for_days_without_faults_hides_it():
    text = failure_of(replayed(broken, None, calls=20), allow_no_faults=True)
    assert text.startswith("all 20 calls failed on a healthy provider")


def test_an_app_that_answers_healthy_calls_is_not_blamed_for_it():
    with outage() as chaos, pytest.raises(NoFaultApplied, match=r"^nothing was tested: no fault"):
        chaos.replay(ask, calls=5).check()


def test_without_a_replay_there_is_a_report_of_the_requests():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        for _ in range(3):
            with pytest.raises(anthropic.OverloadedError):
                ask("hi")
        report = chaos.report()
    assert report.requests("anthropic") == 9
    assert report.effects() == {"applied": 9}
    within = stays_within(["anthropic"])
    assert [finding.verdict for finding in report.check(within, stops_calling("anthropic"))] == [
        "pass",
        "not judged",
    ]
    assert "use chaos.replay(...)" in report.findings[-1].seen
    assert "9 requests went to anthropic" in failure_of(report, stays_within(["openai"]))


def test_it_leaves_out_what_replays_asked():
    with outage() as chaos:
        chaos.replay(ask, calls=5)
        ask("hi")
        assert chaos.report().requests("anthropic") == 1
        assert json.loads(chaos.report().json())


@pytest.mark.filterwarnings("ignore:.* never applied")
def test_reprs_say_what_there_is():
    with outage(BAD_HOUR, seed=7) as chaos:
        assert repr(chaos) == (
            "<Outage a-bad-day, seed 7, running: 02 Mar 2026 12:00:00 UTC, 0 requests, 0 replays>"
        )
        report = chaos.replay(ask_once, calls=8)
        chaos.on("openai").inject(overloaded())
        assert repr(chaos.on("openai")) == "<openai: overloaded()>"
    assert repr(chaos.journal) == "<Journal of 8 requests: anthropic 8>"
    assert repr(report) == "<Report of a-bad-day: 8 calls, 37.5% answered>"
    assert repr(report.run) == "<Run of a-bad-day, seed 7: 8 calls, 8 requests>"
    assert repr(report.run.calls[-1]).startswith("<Call 7 of user 0 at ")
    with suppress(CheckFailed):
        report.check(backs_off())
    assert (
        repr(report.findings) == "[<NOT APPLICABLE backs_off(jitter=True): no request was retried>]"
    )


def test_checks_that_are_not_judged_for_one_reason_are_one_line():
    with outage() as chaos, pytest.raises(CheckFailed) as failure:
        chaos.on("anthropic").inject(overloaded(), times=1)
        with suppress(anthropic.APIError):
            ask_once("Where is my order?")
        chaos.report().check()
    first, second, _ = str(failure.value).splitlines()
    assert first == "nothing was tested: no check could judge the requests"
    assert re.match(
        r"NOT JUDGED \d+ checks: no replay made these requests, so the calls are not known: use "
        r"chaos.replay\(...\) \(stops_calling, probes_with_one_request, ",
        second,
    )


def test_a_checks_name_is_no_check():
    with outage() as chaos, pytest.raises(UsageError, match=r"as in checks\.backs_off\(\.\.\.\)"):
        chaos.report().check("backs_off")
