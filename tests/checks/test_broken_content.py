"""What users see of answers that broke off: pieces of two, cut values, torn tool calls."""

from __future__ import annotations

import json
import re

import httpx2
import openai
import pytest
from support.apps.bots import SECOND_MODEL
from support.apps.defended import gpt
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import answers_are_whole
from chaos_llm.faults import (
    cut_stream,
    error_mid_stream,
    truncated_answer,
)
from chaos_llm.profiles.model import Target

GPT = Target("openai")


def replayed(app, *faults, on=GPT, share=1.0, **options):
    profile = profile_of(window(*faults, ends=20 * MINUTE, on=on, share=share))
    with outage(profile, seed=3) as chaos:
        return chaos.replay(app, **({"every": "30s", "recovery": "5m"} | options))


def outcomes(report):
    return {call.outcome for call in report.run.calls if 0 <= call.began < 20 * MINUTE}


def gpt_stream(question, **more):
    stream = gpt().chat.completions.create(
        model=SECOND_MODEL,
        stream=True,
        messages=[{"role": "user", "content": question}],
        **more,
    )
    for chunk in stream:
        for choice in chunk.choices:
            yield choice.delta.content or ""


def keeps_what_was_shown(question):
    """Show a stream as it comes; if it breaks off, begin again behind what is shown already."""
    shown = []
    for _ in range(4):
        try:
            shown += gpt_stream(question)
            return "".join(shown)
        except (openai.APIError, httpx2.HTTPError):
            continue
    raise ConnectionError("four streams broke off")


def clears_what_was_shown(question):
    for _ in range(4):
        try:
            return "".join(gpt_stream(question))
        except (openai.APIError, httpx2.HTTPError):
            continue
    raise ConnectionError("four streams broke off")


def continues_elsewhere(question):
    """Half of one answer, and behind it the end of another: the same number of words on."""
    shown = []
    try:
        shown += gpt_stream(question)
        return "".join(shown)
    except (openai.APIError, httpx2.HTTPError):
        words = "".join(gpt_stream(question)).split(" ")
        return "".join(shown) + " " + " ".join(words[len(shown) - 1 :])


@pytest.mark.parametrize("after", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("fault", [cut_stream, error_mid_stream])
def test_c5_half_an_answer_before_a_whole_one_is_corrupted(fault, after):
    report = replayed(keeps_what_was_shown, fault(after=after), share=0.5)
    assert "corrupted" in outcomes(report)
    finding = answers_are_whole()(report.run)
    assert finding.verdict == "fail"
    assert "returned pieces of an answer that had been cut off" in finding.seen


def test_c5_the_end_of_one_answer_behind_the_beginning_of_another_is_corrupted():
    report = replayed(continues_elsewhere, cut_stream(after=0.6), share=0.5)
    assert "corrupted" in outcomes(report)


def test_c5_a_whole_answer_after_a_broken_one_is_sound():
    report = replayed(clears_what_was_shown, cut_stream(after=0.5), share=0.5)
    assert outcomes(report) <= {"primary", "failed"}
    assert answers_are_whole()(report.run).verdict == "pass"


SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "integer", "minimum": 100000}, "reply": {"type": "string"}},
    "required": ["total", "reply"],
    "additionalProperties": False,
}


def in_schema(names):
    properties = {name: SCHEMA["properties"][name] for name in names}
    schema = SCHEMA | {"properties": properties, "required": list(names)}
    return {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": schema},
    }


def leniently(text):
    """What readers of partial JSON make of a text that stops anywhere."""
    for end in ("", "}", '"}', '"]}', "0}"):
        try:
            return json.loads(text + end)
        except ValueError:
            continue
    return json.loads(re.sub(r",[^,]*$", "", text) + "}")


def structured(names, pick, *, lenient=True):
    """Read a structured answer from a stream, whole or not, and return a part of it."""

    def app(question):
        text = ""
        try:
            for piece in gpt_stream(question, response_format=in_schema(names)):
                text += piece
        except (openai.APIError, httpx2.HTTPError):
            if not lenient:
                raise
        try:
            return pick(leniently(text) if lenient else json.loads(text))
        except (ValueError, LookupError):
            return None

    return app


def test_c6_a_text_from_json_that_was_cut_is_corrupted():
    report = replayed(structured(["reply"], lambda v: v["reply"]), cut_stream(after=0.5))
    assert outcomes(report) == {"corrupted"}
    assert answers_are_whole()(report.run).verdict == "fail"


def test_c6_a_number_from_json_that_was_cut_is_corrupted():
    """The digits come in pieces of twelve, so a long number is cut in the middle."""
    names = ["total"]
    app = structured(names, lambda v: v["total"])
    long = {"total": {"type": "string", "pattern": "^[0-9]{60}$"}}
    SCHEMA["properties"].update(long)
    try:
        report = replayed(app, cut_stream(after=0.5), prompts=["How much is it?"])
    finally:
        SCHEMA["properties"]["total"] = {"type": "integer", "minimum": 100000}
    assert outcomes(report) == {"corrupted"}


def test_c6_an_object_that_lacks_fields_because_json_was_cut_is_corrupted():
    report = replayed(structured(["total", "reply"], dict), cut_stream(after=0.5))
    assert outcomes(report) == {"corrupted"}


def test_c6_a_silent_cut_that_leaves_no_json_is_the_apps_mistake_too():
    report = replayed(structured(["total", "reply"], dict), truncated_answer(0.5))
    assert outcomes(report) == {"corrupted"}


@pytest.mark.parametrize("fault", [cut_stream(after=0.5), truncated_answer(0.5)], ids=repr)
def test_c6_an_app_that_returns_nothing_of_broken_json_is_sound(fault):
    report = replayed(structured(["total", "reply"], dict, lenient=False), fault)
    assert outcomes(report) == {"failed"}
    assert answers_are_whole()(report.run).verdict != "fail"


def test_c6_a_default_of_the_apps_own_is_degraded_and_no_cut_number():
    def with_default(question):
        try:
            return structured(["total", "reply"], dict, lenient=False)(question)
        except (openai.APIError, httpx2.HTTPError):
            return {"total": 0, "reply": "unknown"}

    assert outcomes(replayed(with_default, cut_stream(after=0.5))) == {"degraded"}
