"""Outcomes of calls, judged from outside: ordinary apps, replayed through an hour of failures."""

from __future__ import annotations

import asyncio
import enum
import json
import time
from dataclasses import dataclass

import anthropic
import openai
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask, ask_once
from support.apps.defended import ask_claude_or_gpt, ask_gpt, or_else
from support.judging import Replay
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import (
    cut_stream,
    empty_answer,
    error_mid_stream,
    hang,
    latency,
    overloaded,
    refuse_connection,
    server_error,
    stall_mid_stream,
    truncated_answer,
)
from chaos_llm.profiles.model import Target

BAD_HOUR = profile_of(window(overloaded(), ends=HOUR))
APOLOGY = "We cannot answer just now. Please ask again in a few minutes."


replay = Replay(BAD_HOUR, {"calls": 60, "recovery": "20m"})


def outcomes(report, begins=None, ends=None):
    """The outcomes of the calls that began in a stretch; of all calls without one."""
    calls = [
        call
        for call in report.run.calls
        if (begins is None or call.began >= begins) and (ends is None or call.began < ends)
    ]
    return {call.outcome for call in calls}


def bad_hour(report):
    return outcomes(report, 0.0, HOUR)


def healthy_times(report):
    return outcomes(report, None, 0.0) | outcomes(report, HOUR)


def stream_text(question):
    with anthropic.Anthropic(max_retries=0, timeout=20).messages.stream(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    ) as stream:
        yield from stream.text_stream


@dataclass
class Answer:
    text: str
    model: str = MODEL


def in_json(question):
    completion = openai.OpenAI(max_retries=0).chat.completions.create(
        model=SECOND_MODEL,
        messages=[{"role": "user", "content": question}],
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "reply",
                "schema": {
                    "type": "object",
                    "properties": {"reply": {"type": "string"}, "mood": {"type": "string"}},
                    "required": ["reply", "mood"],
                    "additionalProperties": False,
                },
            },
        },
    )
    return json.loads(completion.choices[0].message.content)["reply"]


async def stream_async(question):
    async with (
        anthropic.AsyncAnthropic(max_retries=0) as client,
        client.messages.stream(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        ) as stream,
    ):
        async for text in stream.text_stream:
            yield text


async def return_a_stream(question):
    return stream_async(question)


@pytest.mark.parametrize(
    "app",
    [
        ask_once,
        ask_gpt,
        lambda question: Answer(ask_once(question)),
        lambda question: {"answer": {"text": ask_once(question)}},
        in_json,
        stream_text,
        lambda question: list(stream_text(question)),
        stream_async,
        return_a_stream,
    ],
    ids=[
        "text", "other vendor", "dataclass", "dict", "out of json", "generator", "list",
        "async generator", "async that returns a stream",
    ],
)  # fmt: skip
def test_whatever_shape_an_answer_comes_in_it_is_seen_and_so_is_its_absence(app):
    both = Target("anthropic"), Target("openai")
    report = replay(app, profile_of(window(server_error(), on=both)))
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"failed"}
    assert not any(call.inferred for call in report.run.calls)


class Mood(enum.Enum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"


def classify(question):
    return "positive" if ask_once(question) else "negative"


def classify_or_shrug(question):
    try:
        return Mood.POSITIVE if ask_once(question) else Mood.NEUTRAL
    except anthropic.APIError:
        return Mood.NEUTRAL


def test_where_no_text_of_an_answer_is_returned_the_outcome_is_inferred_and_says_so():
    report = replay(classify)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"failed"}
    assert all(call.inferred for call in report.run.calls if call.error is None)


def test_a_default_instead_of_an_answer_is_degraded_also_where_it_looks_like_one():
    report = replay(classify_or_shrug)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"degraded"}


@pytest.mark.parametrize(
    ("app", "outcome"),
    [
        (or_else(ask_once, None), "failed"),
        (or_else(ask_once, ""), "failed"),
        (or_else(ask_once, "  \n"), "failed"),
        (or_else(ask_once, APOLOGY), "degraded"),
        (or_else(ask_once, str), "error_text"),
        (or_else(ask_once, lambda error: f"Sorry! {error.body['error']['message']}"), "error_text"),
        (or_else(ask_once, lambda error: {"answer": None, "error": str(error)}), "error_text"),
        (or_else(classify, None), "failed"),
        (or_else(classify, "unknown"), "degraded"),
    ],
    ids=[
        "None", "empty", "blank", "apology", "error", "message", "error in a dict",
        "None for a label", "label for an error",
    ],
)  # fmt: skip
def test_substitutes_for_an_answer_are_classified(app, outcome):
    report = replay(app)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {outcome}
    assert report.answered == pytest.approx(len([
        call for call in report.run.calls if not 0 <= call.began < HOUR
    ]) / 60)  # fmt: skip


@pytest.mark.parametrize("fault", [hang(), refuse_connection()])
def test_the_sdks_own_words_for_a_lost_connection_are_an_error_text(fault):
    app = or_else(lambda question: ask_once(question, timeout=5), str)
    assert bad_hour(replay(app, profile_of(window(fault)))) == {"error_text"}


def test_an_answer_of_another_vendor_is_a_fallback():
    report = replay(ask_claude_or_gpt)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"fallback"}
    assert report.answered == 1.0


def test_a_fallback_that_only_returns_a_label_is_one_too():
    def label(question):
        try:
            return "positive" if ask_once(question) else "negative"
        except anthropic.APIError:
            return "positive" if ask_gpt(question) else "negative"

    report = replay(label)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"fallback"}


def balanced(question):
    first, second = (ask_once, ask_gpt) if len(question) % 2 else (ask_gpt, ask_once)
    try:
        return first(question)
    except (anthropic.APIError, openai.APIError):
        return second(question)


def test_two_vendors_used_while_healthy_are_primary_and_a_third_is_the_fallback():
    report = replay(balanced, calls=100)
    assert report.run.evidence.primaries == {"anthropic", "openai"}
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"primary", "fallback"}
    for call in report.run.calls:
        failed_over = any(exchange.failed for exchange in report.run.evidence.of(call))
        assert (call.outcome == "fallback") == failed_over


def test_an_agent_that_needs_two_vendors_has_no_fallback():
    report = replay(lambda question: ask_gpt(ask_once(question)), profile_of())
    assert report.primary == 1.0


class Cached:
    """A cache in front; what has expired is served when the provider fails."""

    def __init__(self, keep=30 * MINUTE, app=ask_once):
        self.keep, self.app = keep, app
        self.answers = {}

    def __call__(self, question):
        kept = self.answers.get(question)
        if kept and time.monotonic() - kept[0] < self.keep:
            return kept[1]
        try:
            answer = self.app(question)
        except anthropic.APIError:
            if kept is None:
                raise
            return kept[1]
        self.answers[question] = time.monotonic(), answer
        return answer


@pytest.mark.parametrize("app", [ask_once, classify], ids=["text", "label"])
def test_a_cache_is_fresh_or_stale_by_the_age_of_its_answer(app):
    report = replay(Cached(app=app), prompts=["one, KX-11111", "two, KX-22222"], stale_after="30m")
    assert bad_hour(report) >= {"cached", "stale"}
    for call in report.run.calls:
        if call.outcome == "cached":
            assert 0 < call.age <= 30 * MINUTE
        if call.outcome == "stale":
            assert 30 * MINUTE < call.age <= 70 * MINUTE
    assert report.cached > 0 < report.stale
    assert report.answered + report.stale == pytest.approx(1.0)


def test_a_new_prompt_is_never_answered_from_a_cache():
    def opens_for_good(question, state={"open": False}):  # noqa: B006 - a breaker's memory
        if state["open"]:
            return "unknown"
        try:
            return classify(question)
        except anthropic.APIError:
            state["open"] = True
            return "unknown"

    report = replay(opens_for_good)
    assert bad_hour(report) == {"degraded"}
    assert report.answered < 0.5


def test_an_answer_to_another_prompt_is_corrupted():
    last = []

    def mixed_up(question):
        if len(last) < 5:
            last.append(ask_once(question))
        return last[-1]

    report = replay(mixed_up, profile_of())
    assert {call.outcome for call in report.run.calls if call.fresh and call.number > 5} == {
        "corrupted"
    }


def patient_stream(question):
    """Shows what came before the stream broke."""
    shown = []
    try:
        for piece in stream_text(question):
            shown.append(piece)  # noqa: PERF402 - so that a break leaves what came before
    except Exception:
        pass
    return "".join(shown)


TEARS = [
    cut_stream(),
    cut_stream(after=0.05),
    cut_stream(by="reset"),
    error_mid_stream(),
    stall_mid_stream(),
    stall_mid_stream(seconds=700),
]


@pytest.mark.parametrize("fault", TEARS, ids=repr)
def test_a_cut_stream_that_is_accepted_as_whole_is_truncated(fault):
    report = replay(patient_stream, profile_of(window(fault)))
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"truncated"}


@pytest.mark.parametrize("fault", TEARS, ids=repr)
def test_without_a_token_in_the_prompt_too(fault):
    report = replay(patient_stream, profile_of(window(fault)), prompts=["hello", "good morning"])
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"truncated"}


@pytest.mark.parametrize("prompts", [None, ["hello"]], ids=["tokens", "no tokens"])
def test_an_apology_after_a_cut_stream_is_no_truncated_answer(prompts):
    def careful(question):
        try:
            return "".join(stream_text(question))
        except Exception:
            return APOLOGY

    report = replay(careful, profile_of(window(cut_stream())), prompts=prompts)
    assert bad_hour(report) == {"degraded"}


def test_an_apology_that_names_the_order_after_a_hang_is_no_truncated_answer():
    def polite(question):
        try:
            return ask_once(question, timeout=5)
        except anthropic.APIError:
            return f"We will come back to you about {question}"

    assert bad_hour(replay(polite, profile_of(window(hang())))) == {"degraded"}


def test_an_answer_that_the_provider_cut_is_truncated_and_exposure():
    report = replay(ask_once, profile_of(window(truncated_answer())))
    assert bad_hour(report) == {"truncated"}
    assert {call.number for call in report.run.corruption_shown} == {
        call.number for call in report.run.calls if call.outcome == "truncated"
    }


def test_a_label_from_a_silently_corrupted_answer_is_exposure():
    report = replay(
        lambda question: "positive" if ask_once(question) else "",
        profile_of(window(truncated_answer())),
    )
    assert bad_hour(report) == {"primary"}
    assert len(report.run.corruption_shown) == sum(
        0 <= call.began < HOUR for call in report.run.calls
    )


def test_an_empty_answer_is_no_answer():
    def first_text(question):
        message = anthropic.Anthropic(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        )
        return "".join(block.text for block in message.content)

    assert bad_hour(replay(first_text, profile_of(window(empty_answer())))) == {"failed"}


def test_c5_a_stream_that_another_vendor_begins_anew_behind_half_an_answer_is_corrupted():
    def resumed(question):
        try:
            yield from stream_text(question)
        except Exception:
            yield ask_gpt(question)

    report = replay(resumed, profile_of(window(cut_stream())))
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"corrupted"}


def test_an_answer_behind_the_end_of_patience_is_late():
    slow = profile_of(window(latency(seconds=90)))
    assert bad_hour(replay(ask_once, slow)) == {"late"}
    assert bad_hour(replay(ask_once, slow, deadline="2m")) == {"primary"}


def test_while_a_user_waits_the_calls_that_were_due_are_missed():
    slow = profile_of(window(latency(seconds=599), ends=MINUTE))
    with outage(slow) as chaos:
        report = chaos.replay(ask, every="1m", warmup="2m", recovery="20m")
    assert [call.outcome for call in report.run.calls[:4]] == [
        "primary",
        "primary",
        "late",
        "missed",
    ]
    assert report.counts["missed"] == 9
    assert report.failed == report.missed
    assert report.longest_downtime == 10 * MINUTE


HI = ["hello", "good morning"]  # prompts without tokens


@pytest.mark.parametrize("app", [ask_once, stream_text, classify])
def test_prompts_without_tokens_are_judged_by_references_and_exchanges(app):
    report = replay(app, prompts=HI)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"failed"}


def test_answers_that_a_test_chose_carry_no_reference_and_are_inferred():
    with outage(BAD_HOUR) as chaos:
        chaos.on("anthropic").answers("positive")
        report = chaos.replay(ask_once, calls=60, recovery="20m")
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"failed"}


def test_a_fallback_whose_answers_a_test_chose_is_no_apology():
    with outage(BAD_HOUR) as chaos:
        chaos.on("openai").answers("Certainly.")
        report = chaos.replay(ask_claude_or_gpt, calls=60, recovery="20m")
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"fallback"}


def test_an_app_that_hedges_is_not_judged_by_the_request_that_it_dropped():
    async def hedged(question):
        clients = anthropic.AsyncAnthropic(max_retries=0), openai.AsyncOpenAI(max_retries=0)
        content = [{"role": "user", "content": question}]
        racing = [
            asyncio.ensure_future(
                clients[0].messages.create(model=MODEL, max_tokens=300, messages=content)
            ),
            asyncio.ensure_future(
                clients[1].chat.completions.create(model=SECOND_MODEL, messages=content)
            ),
        ]
        done, pending = await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return "positive" if next(iter(done)).result() else "negative"

    slow = profile_of(window(latency(seconds=30), on=Target("openai"), begins=-HOUR))
    report = replay(hedged, slow, calls=20, recovery=0)
    assert outcomes(report) == {"primary"}


def test_outcome_judges_the_return_value():
    seen = []

    def decide(returned, prompt):
        seen.append((returned, prompt))
        return returned != APOLOGY

    report = replay(or_else(ask_once, APOLOGY), outcome=decide)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"failed"}
    assert [prompt for _, prompt in seen] == [call.prompt for call in report.run.calls]
    assert [returned for returned, _ in seen] == [call.returned for call in report.run.calls]


def test_outcome_may_name_an_outcome():
    report = replay(or_else(ask_once, APOLOGY), outcome=lambda returned, _: "stale")
    assert outcomes(report) == {"stale"}


def test_true_means_answered_and_the_provider_is_inferred():
    def with_fallback(question):
        try:
            return classify(question)
        except anthropic.APIError:
            return ask_gpt(question) and "positive"

    report = replay(with_fallback, outcome=lambda *_: True)
    assert healthy_times(report) == {"primary"}
    assert bad_hour(report) == {"fallback"}
    rules = replay(or_else(ask_once, "Read the manual."), outcome=lambda *_: True)
    assert bad_hour(rules) == {"cached"}


def test_an_exception_is_failed_whatever_outcome_would_say():
    assert bad_hour(replay(ask_once, outcome=lambda *_: True)) == {"failed"}


def test_an_unknown_outcome_is_answered_with_the_known_ones_nearest_first():
    with pytest.raises(UnknownName, match="nearest first: 'fallback'"):
        replay(ask_once, outcome=lambda *_: "fallbak")


@pytest.mark.parametrize("verdict", [None, 1, {"outcome": "primary"}])
def test_a_wrong_verdict_is_refused(verdict):
    with pytest.raises(UsageError, match="True, False or the name"):
        replay(ask_once, outcome=lambda *_: verdict)


def test_without_any_evidence_a_call_is_unjudged():
    report = replay(lambda question: "fine", calls=5)
    assert outcomes(report) == {"unjudged"}
    assert report.answered == 0.0


def test_a_second_replay_does_not_judge_the_first_one_again():
    with outage(BAD_HOUR) as chaos:
        first = chaos.replay(ask_once, calls=10, until="30m", recovery=0)
        before = [call.outcome for call in first.run.calls]
        second = chaos.replay(ask_once, calls=10, outcome=lambda *_: "stale")
        assert [call.outcome for call in first.run.calls] == before
    assert outcomes(second) == {"failed", "stale"}


def test_begun_at_the_peak_the_first_called_provider_is_the_primary():
    def with_breaker(question, state={"failures": 0}):  # noqa: B006 - a breaker's memory
        if state["failures"] < 3:
            try:
                return ask_once(question)
            except anthropic.APIError:
                state["failures"] += 1
        return ask_gpt(question)

    with outage(BAD_HOUR, at="30m") as chaos:
        report = chaos.replay(with_breaker, calls=20)
    assert outcomes(report) == {"fallback"}
    assert report.run.evidence.primaries == {"anthropic"}
