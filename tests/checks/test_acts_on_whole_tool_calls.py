"""Is a tool run with half of its arguments?"""

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
from chaos_llm.checks import acts_on_whole_tool_calls, answers_are_whole
from chaos_llm.faults import cut_stream, overloaded, truncated_tool_arguments
from chaos_llm.profiles.model import Target

FIELDS = {"account": {"type": "string"}, "amount": {"type": "integer"}, "note": {"type": "string"}}
PAY = {
    "type": "function",
    "function": {
        "name": "pay",
        "parameters": {"type": "object", "properties": FIELDS, "required": list(FIELDS)},
    },
}
BROKEN = (openai.APIError, httpx2.HTTPError)


def streamed_call(messages):
    """Name, id and arguments of a streamed tool call, and the error that broke it off."""
    arguments, name, key = "", "", ""
    try:
        for chunk in gpt().chat.completions.create(
            model=SECOND_MODEL, messages=messages, tools=[PAY], stream=True, tool_choice="required"
        ):
            for choice in chunk.choices:
                for call in choice.delta.tool_calls or ():
                    name, key = name or call.function.name, key or call.id
                    arguments += call.function.arguments or ""
    except BROKEN as error:
        return name, key, arguments, error
    return name, key, arguments, None


def leniently(text):
    """What readers of partial JSON make of a text that stops anywhere."""
    for end in ("", "}", '"}', "0}", '":0}'):
        try:
            return json.loads(text + end)
        except ValueError:
            continue
    try:
        return json.loads(re.sub(r",[^,]*$", "", text) + "}")
    except ValueError:
        return {}


def conclude(messages, name, key, arguments, result="paid"):
    called = {"id": key, "type": "function", "function": {"name": name, "arguments": arguments}}
    answer = gpt().chat.completions.create(
        model=SECOND_MODEL,
        tools=[PAY],
        messages=[
            *messages,
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": key, "content": result},
        ],
    )
    return answer.choices[0].message.content


def pays_leniently(question):
    messages = [{"role": "user", "content": question}]
    name, key, arguments, _ = streamed_call(messages)
    return conclude(messages, name, key, json.dumps(leniently(arguments)))


def pays_when_whole(question):
    messages = [{"role": "user", "content": question}]
    for _ in range(3):
        name, key, arguments, error = streamed_call(messages)
        if error is None:
            return conclude(messages, name, key, arguments)
    raise error


def says_that_it_was_invalid(question):
    messages = [{"role": "user", "content": question}]
    name, key, arguments, error = streamed_call(messages)
    if error is None:
        return conclude(messages, name, key, arguments)
    return conclude(messages, name, key, "{}", "error: the arguments were incomplete, ask again")


def replayed(app, fault, share=1.0):
    streams = Target("openai", stream=True)
    profile = profile_of(window(fault, ends=20 * MINUTE, on=streams, share=share))
    with outage(profile, seed=3) as chaos:
        return chaos.replay(app(chaos) if app is pays_in_a_marked_function else app, every="1m")


def pays_in_a_marked_function(chaos):
    """The tool's function is marked; the app says that it is done, without another request."""

    @chaos.side_effect
    def pay(**given):
        return given

    def app(question):
        messages = [{"role": "user", "content": question}]
        name, key, arguments, error = streamed_call(messages)
        pay(**leniently(arguments))
        return "paid" if error else conclude(messages, name, key, arguments)

    return app


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9])
def test_c10_a_tool_that_is_run_with_half_of_its_arguments_fails(after):
    report = replayed(pays_leniently, cut_stream(after=after))
    finding = acts_on_whole_tool_calls()(report.run)
    assert finding.verdict == "fail"
    assert finding.seen.startswith(
        "20 calls ran a tool whose arguments had broken off, first call 10: pay("
    )
    assert report.counts["corrupted"] == 20
    assert answers_are_whole()(report.run).verdict == "fail"


def test_c10_a_marked_function_that_runs_with_half_of_its_arguments_fails():
    report = replayed(pays_in_a_marked_function, cut_stream(after=0.6))
    assert acts_on_whole_tool_calls()(report.run).verdict == "fail"


@pytest.mark.parametrize("app", [pays_when_whole, says_that_it_was_invalid])
def test_c10_an_app_that_runs_whole_calls_only_passes(app):
    report = replayed(app, cut_stream(after=0.6), share=0.5)
    assert acts_on_whole_tool_calls()(report.run).verdict == "pass"
    assert not report.counts["corrupted"]


def test_c10_it_is_not_judged_if_nothing_shows_what_the_app_did():
    def returns_at_once(question):
        streamed_call([{"role": "user", "content": question}])
        return "done"

    report = replayed(returns_at_once, cut_stream(after=0.6))
    finding = acts_on_whole_tool_calls()(report.run)
    assert finding.verdict == "not judged"
    assert finding.seen.endswith("mark the tool's function with @chaos.side_effect")


@pytest.mark.parametrize("fault", [overloaded(), truncated_tool_arguments()], ids=repr)
def test_it_is_not_applicable_where_no_app_could_see_a_broken_tool_call(fault):
    finding = acts_on_whole_tool_calls()(replayed(pays_leniently, fault).run)
    assert finding.verdict == "not applicable"
