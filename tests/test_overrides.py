"""Faults and answers that a test sets for a provider."""

from __future__ import annotations

import json
import time

import anthropic
import pytest
from support.apps.bots import MODEL, ask, ask_once
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import returns_to, stops_calling
from chaos_llm.errors import HarnessError, UnknownName, UsageError
from chaos_llm.faults import auth_expired, latency, overloaded, rate_limited
from chaos_llm.protocol.messages import Completion, ToolCall, Usage


def test_an_injected_fault_applies_until_it_is_healed():
    with outage() as chaos:
        assert ask_once()
        chaos.on("anthropic").inject(overloaded())
        for _ in range(3):
            with pytest.raises(anthropic.OverloadedError):
                ask_once()
        chaos.on("anthropic").heal()
        assert ask_once()
        assert [len(exchange.applied) for exchange in chaos.journal] == [0, 1, 1, 1, 0]


def test_times_is_how_many_requests_are_hit():
    with outage() as chaos:
        chaos.on("anthropic").inject(rate_limited(retry_after=7), times=2)
        assert ask("hi")
        assert chaos.journal.gaps("anthropic") == [7, 7]
        assert ask("hi")
        assert [len(exchange.applied) for exchange in chaos.journal] == [1, 1, 0, 0]


def test_several_injected_faults_apply_together():
    with outage() as chaos:
        chaos.on("anthropic").inject(latency(seconds=5), overloaded())
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        assert chaos.now == 5.0


@pytest.mark.filterwarnings("ignore:overloaded:chaos_llm.ChaosWarning")
def test_only_the_provider_surface_and_model_in_hand_are_hit():
    with outage() as chaos:
        chaos.on("openai").inject(overloaded())
        chaos.on("anthropic", surface="login").inject(overloaded())
        chaos.on("anthropic", model="claude-opus*").inject(overloaded())
        assert ask_once()
        with pytest.raises(anthropic.OverloadedError):
            ask_once(model="claude-opus-4-6")


@pytest.mark.filterwarnings("ignore:overloaded:chaos_llm.ChaosWarning")
def test_healing_a_model_leaves_the_others_ill_and_healing_the_provider_heals_all():
    with outage() as chaos:
        chaos.on("anthropic", model="claude-opus*").inject(overloaded())
        chaos.on("anthropic", model="claude-sonnet*").inject(overloaded())
        chaos.on("anthropic", model="claude-opus*").heal()
        assert ask_once(model="claude-opus-4-6")
        with pytest.raises(anthropic.OverloadedError):
            ask_once(model="claude-sonnet-5-5")
        chaos.on("anthropic").heal()
        assert ask_once(model="claude-sonnet-5-5")


def test_healing_ends_what_is_going_on_and_lets_later_windows_come():
    first = window(ends=HOUR, name="first")
    second = window(begins=2 * HOUR, ends=3 * HOUR, name="second")
    with outage(profile_of(first, second)) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        chaos.on("anthropic").heal()
        assert ask_once()
        time.sleep(HOUR / 2)
        assert ask_once()
        time.sleep(1.5 * HOUR)
        with pytest.raises(anthropic.OverloadedError):
            ask_once()


def test_healing_one_provider_leaves_a_window_on_the_other():
    with outage(profile_of(window())) as chaos:
        chaos.on("openai").heal()
        with pytest.raises(anthropic.OverloadedError):
            ask_once()


def test_a_kept_control_heals_the_windows_open_at_that_time():
    with outage(profile_of(window(begins=MINUTE))) as chaos:
        hand = chaos.on("anthropic")
        time.sleep(2 * MINUTE)
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        hand.heal()
        assert ask_once()


def test_a_control_can_be_used_repeatedly():
    with outage() as chaos:
        hand = chaos.on("anthropic").answers("one").inject(overloaded(), times=1)
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        assert ask_once() == "one"
        assert hand.answers("two") is hand
        assert ask_once() == "two"


def texts_of(chaos, count):
    return [ask_once() for _ in range(count)]


def test_a_text_is_the_answer_from_now_on():
    with outage() as chaos:
        chaos.on("anthropic").answers("Yes.")
        assert texts_of(chaos, 2) == ["Yes.", "Yes."]


def test_a_list_is_used_up_and_its_last_answer_stays():
    with outage() as chaos:
        chaos.on("anthropic").answers(["one", Completion(text="two"), "three"])
        assert texts_of(chaos, 5) == ["one", "two", "three", "three", "three"]


def test_an_endless_iterator_never_ends():
    with outage() as chaos:
        chaos.on("anthropic").answers(f"answer {n}" for n in range(10**9))
        assert texts_of(chaos, 3) == ["answer 0", "answer 1", "answer 2"]


def test_a_function_is_given_the_request():
    with outage() as chaos:
        chaos.on("anthropic").answers(lambda request: f"{request.model} on {request.prompt!r}")
        assert ask_once("hello") == f"{MODEL} on 'hello'"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("answer.txt", "Grüße\n", ["Grüße\n", "Grüße\n"]),
        ("answers.json", json.dumps(["one", "two"]), ["one", "two"]),
        ("answer.json", json.dumps("one"), ["one", "one"]),
    ],
)
def test_a_file_is_a_text_or_a_json_list(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with outage() as chaos:
        chaos.on("anthropic").answers(path)
        assert texts_of(chaos, 2) == expected


def test_a_completion_is_sent_as_it_is():
    wanted = Completion(tool_calls=(ToolCall("look_up", '{"order": 1}'),), stop="tool")
    with outage() as chaos:
        chaos.on("anthropic").answers(wanted)
        message = anthropic.Anthropic().messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": "hi"}]
        )
    (block,) = message.content
    assert (block.name, block.input) == ("look_up", {"order": 1})
    assert message.stop_reason == "tool_use"


def test_a_chosen_answer_is_billed_unless_it_has_its_own_usage():
    with outage() as chaos:
        chaos.on("anthropic").answers(["twelve marks", Completion("hm", usage=Usage(7, 8))])
        texts_of(chaos, 2)
        first, second = chaos.journal
    assert (first.input_tokens > 0, first.output_tokens) == (True, 3)
    assert (second.input_tokens, second.output_tokens) == (7, 8)


def test_the_last_chosen_answer_counts_and_faults_apply_to_it_too():
    with outage() as chaos:
        chaos.on("anthropic").answers("old")
        chaos.on("anthropic").answers("new").inject(auth_expired(), times=1)
        with pytest.raises(anthropic.AuthenticationError):
            ask_once()
        assert ask_once() == "new"


def test_a_fault_injected_before_a_replay_applies_from_its_beginning():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        report = chaos.replay(ask_once, calls=30, every=None)
        assert report.failed == 1.0
        (interval,) = report.run.times_down("anthropic")
        assert (interval.begins, interval.ends) == (report.run.begins, report.run.ends)


def test_checks_see_an_injected_outage_as_they_see_one_of_a_profile():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        report = chaos.replay(ask_once, every="30s", until="10m")
        (finding,) = (stops_calling("anthropic")(report.run),)
    assert finding.verdict == "fail"


def test_healing_between_two_replays_is_a_recovery():
    with outage() as chaos:
        chaos.replay(ask_once, calls=5, recovery="5m")
        chaos.on("anthropic").inject(overloaded())
        chaos.replay(ask_once, calls=5, recovery="5m")
        assert chaos.reports[-1].failed == 1.0
        chaos.on("anthropic").heal()
        report = chaos.replay(ask_once, calls=5, recovery="5m")
        assert report.primary == 1.0
        assert not report.run.times_down("anthropic")
        assert report.run.up_for("anthropic", report.run.begins + 60) == 60


def test_providers_can_be_controlled_during_a_replay():
    def turn(call):
        if call.number == 9:
            chaos.on("anthropic").inject(overloaded())
        if call.number == 29:
            chaos.on("anthropic").heal()

    with outage() as chaos:
        report = chaos.replay(ask_once, calls=60, on_call=turn)
    assert report.failed == 20 / 60
    (interval,) = report.run.times_down("anthropic")
    assert interval.begins == report.run.calls[9].ended
    assert interval.ends == report.run.calls[29].ended
    assert returns_to("anthropic", within="5m")(report.run).verdict == "pass"


def test_an_unknown_provider_or_surface_is_answered_with_the_known_ones_nearest_first():
    with outage() as chaos:
        with pytest.raises(UnknownName, match="nearest first: 'anthropic'"):
            chaos.on("antropic")
        with pytest.raises(UnknownName, match="nearest first: 'login'"):
            chaos.on("anthropic", surface="logins")


@pytest.mark.parametrize("faults", [(), (overloaded,), ("overloaded",)])
def test_a_value_that_is_no_fault_is_refused(faults):
    with outage() as chaos, pytest.raises(UsageError, match=r"inject\(overloaded\(\)\)"):
        chaos.on("anthropic").inject(*faults)


@pytest.mark.parametrize("times", [0, -1, 1.5, True])
def test_times_is_a_whole_number(times):
    with outage() as chaos, pytest.raises(UsageError, match="1 or more"):
        chaos.on("anthropic").inject(overloaded(), times=times)


@pytest.mark.parametrize("answers", [[], ["fine", 7], 7])
def test_what_is_no_answer_is_refused_at_once(answers):
    with outage() as chaos, pytest.raises(UsageError, match="an answer is a text, a dict"):
        chaos.on("anthropic").answers(answers)


def test_answers_come_from_the_test_or_from_a_cassette():
    with outage() as chaos, pytest.raises(UsageError, match="answers or cassette=, one of them"):
        chaos.on("anthropic").answers(None)


def raises(request):
    raise KeyError("my own mistake")


@pytest.mark.parametrize("mistaken", [raises, lambda _: 7])
def test_a_mistake_in_a_function_of_answers_surfaces_though_the_app_swallows_all(mistaken):
    def robust(question):
        try:
            return ask(question)
        except Exception:
            return "We are sorry."

    def run():
        with outage() as chaos:
            chaos.on("anthropic").answers(mistaken)
            robust("hi")

    with pytest.raises(HarnessError, match=r"my own mistake|got 7"):
        run()
