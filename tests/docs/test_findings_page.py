"""The page on what findings say shows sentences that are printed today."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import anthropic
import openai
import pytest
from checks.test_acts_on_whole_tool_calls import pays_leniently
from checks.test_acts_on_whole_tool_calls import replayed as tool_calls_replayed
from checks.test_retries_cover import found as retries_found
from checks.test_retries_cover import retrying, whole_text
from checks.test_what_is_judged import (
    GPT,
    ONE_MODEL,
    CachesErrors,
    HalfOpen,
    LeaksStreams,
    SecondModel,
    shop,
    three_questions,
    until_finish_reason,
    waits_far_too_long,
)
from support.apps.bots import ask, ask_once
from support.apps.buggy import BUGGY
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import ChaosWarning, CheckFailed, checks, outage
from chaos_llm.analysis.run import Run
from chaos_llm.faults import cut_stream, hang, latency, overloaded, rate_limited, server_error
from chaos_llm.profiles.model import HealthyLatency

pytestmark = pytest.mark.exhaustive(of_file=6)  # each replays an outage

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "findings.md"


def replayed(app, *faults, fault_on=None, **options) -> Run:
    more = {} if fault_on is None else {"on": fault_on}
    profile = profile_of(window(*faults, ends=20 * MINUTE, **more))
    with outage(profile, seed=3) as chaos:
        return chaos.replay(app, **({"every": "30s", "recovery": "10m"} | options)).run


def line(finding) -> str:
    return f"{finding.verdict.upper()} {finding.check.partition('(')[0]}: {finding.seen}"


def early_leaver() -> str:
    run = replayed(until_finish_reason, latency(5), fault_on=GPT)
    return line(checks.stops_calling("openai")(run))


def half_open() -> str:
    pace = {"anthropic": HealthyLatency(first_token=3.75)}
    profile = profile_of(window(hang(), ends=40 * MINUTE, share=0.6), baseline=pace)
    with outage(profile, seed=2) as chaos:
        report = chaos.replay(HalfOpen().answer, users=16, every="30s", recovery="5m")
    return line(checks.probes_with_one_request("anthropic", at_most=3)(report.run))


def overlong_wait() -> str:
    return line(
        checks.honours_retry_after()(
            replayed(waits_far_too_long, rate_limited(2), every="10m", recovery="30m")
        )
    )


def half_and_whole() -> str:
    bug = BUGGY["half an answer and another"]
    run = replayed(bug.make(), cut_stream(), **bug.options)
    return line(checks.answers_are_whole()(run))


def dead_model() -> str:
    with outage(ONE_MODEL, seed=3) as chaos:
        run = chaos.replay(SecondModel(), every="30s", recovery="10m").run
    return line(checks.stops_calling("anthropic")(run))


def poisoned_cache() -> str:
    options = {"every": "1m", "prompts": three_questions, "warmup": 0, "recovery": "40m"}
    return line(checks.never_caches_the_outage()(replayed(CachesErrors(), overloaded(), **options)))


def leaked_streams() -> str:
    run = replayed(LeaksStreams().answer, latency(1), fault_on=GPT)
    return line(checks.pool_is_not_exhausted()(run))


def torn_tool_call() -> str:
    report = tool_calls_replayed(pays_leniently, cut_stream(after=0.6))
    return line(checks.acts_on_whole_tool_calls()(report.run))


def paid_twice() -> str:
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(shop(chaos, lost_acks=(4,)), every="1m")
    return line(checks.side_effects_happen_once()(report.run))


def uncovered_retries() -> str:
    app = retrying(whole_text, (openai.APIStatusError,))
    return line(retries_found(app, server_error(), cut_stream()))


def swallowed_cancellation() -> str:
    run = replayed(BUGGY["cancellations are caught"].make(), hang(), every="5m")
    return line(checks.respects_cancellation()(run))


def one_kind() -> str:
    return line(checks.falls_back()(replayed(ask, overloaded())))


def own_mistake() -> str:
    def app(question):
        return ask_once(question).no_such_method()

    with outage(profile_of(window(ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(app, every="1m", recovery="5m")
    with pytest.raises(CheckFailed) as failure:
        report.check()
    return str(failure.value).splitlines()[0]


def never_applied() -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ChaosWarning)
        with outage() as chaos:
            chaos.on("anthropic").inject(cut_stream())
            anthropic.Anthropic().messages.create(
                model="claude-sonnet-5-5", max_tokens=9, messages=[{"role": "user", "content": "a"}]
            )
    return next(str(each.message) for each in caught if each.category is ChaosWarning)


SENTENCES: dict[str, Callable[[], str]] = {
    "C1": early_leaver,
    "C3": half_open,
    "C4": overlong_wait,
    "C5": half_and_whole,
    "C7": dead_model,
    "C8": poisoned_cache,
    "C9": leaked_streams,
    "C10": torn_tool_call,
    "C11": paid_twice,
    "C12": uncovered_retries,
    "C13": swallowed_cancellation,
    "C14": one_kind,
    "C16": own_mistake,
    "C18": never_applied,
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_the_page_shows_the_sentence_that_is_printed(kind):
    (row,) = [text for text in PAGE.read_text("utf-8").splitlines() if f"| {kind} |" in text]
    assert f"`{SENTENCES[kind]()}`" in row


def test_each_kind_has_a_row():
    rows = PAGE.read_text("utf-8").splitlines()
    kinds = [row.split(" | ")[0].removeprefix("| ") for row in rows if row.startswith("| C")]
    assert kinds == [f"C{number}" for number in range(1, 20)]
