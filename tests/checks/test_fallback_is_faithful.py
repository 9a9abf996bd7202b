"""`fallback_is_faithful` compares the conversation sent to the fallback with the first one."""

from __future__ import annotations

import json

import anthropic
import boto3
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude
from support.apps.defended import ask_gpt, gpt
from support.apps.failover import RULES, FallsOver, found, talk, whole_claude, whole_gpt

from chaos_llm.checks import fallback_is_faithful
from chaos_llm.faults import overloaded

HISTORY = (("user", "Where is my parcel?"), ("assistant", "Which one?"))
SCHEMA = {
    "type": "object",
    "properties": {"reply": {"type": "string"}, "mood": {"type": "string"}},
    "required": ["reply", "mood"],
    "additionalProperties": False,
}
LOOK_UP = {"type": "object", "properties": {"order": {"type": "string"}}}
TOOL = {"name": "look_up", "description": "Find an order.", "input_schema": LOOK_UP}
GPT_TOOL = {
    "type": "function",
    "function": {"name": "look_up", "description": "Find an order.", "parameters": LOOK_UP},
}
FORCED = {"type": "tool", "name": "give"}
GIVE = {"name": "give", "description": "Give it.", "input_schema": SCHEMA}
FORM = {"type": "json_schema", "json_schema": {"name": "give", "schema": SCHEMA}}


def either(first, second):
    def app(question):
        try:
            return first(question)
        except anthropic.APIError:
            return second(question)

    return app


def seen(first, second, **options):
    return found(fallback_is_faithful(**options), either(first, second), overloaded())


def responses(question):
    return (
        gpt()
        .responses.create(model=SECOND_MODEL, instructions=RULES, input=talk(question, HISTORY))
        .output_text
    )


def bedrock(question):
    client = boto3.client("bedrock-runtime", region_name="eu-central-1")
    messages = [
        {"role": each["role"], "content": [{"text": each["content"]}]}
        for each in talk(question, HISTORY)
    ]
    reply = client.converse(
        modelId="amazon.nova-pro-v1:0", system=[{"text": RULES}], messages=messages
    )
    return reply["output"]["message"]["content"][0]["text"]


def with_history(question):
    return whole_claude(question, HISTORY, system=RULES)


def with_blocks(question):
    blocks = [{"type": "text", "text": RULES + "\n", "cache_control": {"type": "ephemeral"}}]
    return whole_claude(question, HISTORY, system=blocks)


def developer(question):
    rules = {"role": "developer", "content": [{"type": "text", "text": RULES}]}
    messages = [rules, *talk(question, HISTORY)]
    return (
        gpt()
        .chat.completions.create(model=SECOND_MODEL, messages=messages)
        .choices[0]
        .message.content
    )


def said(message):
    return json.dumps([block.to_dict() for block in message.content])


def claude_with_tool(question):
    return said(
        claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=talk(question), tools=[TOOL]
        )
    )


def claude_gives(question):
    return said(
        claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=talk(question), tools=[GIVE], tool_choice=FORCED
        )
    )


@pytest.mark.parametrize("first", [with_history, with_blocks], ids=["text", "blocks"])
@pytest.mark.parametrize(
    "second",
    [lambda q: whole_gpt(q, HISTORY), developer, responses, bedrock],
    ids=["system", "developer", "responses", "converse"],
)
def test_one_request_in_two_dialects_passes(first, second):
    finding = seen(first, second)
    assert finding.verdict == "pass"
    assert finding.seen == "20 calls sent the whole conversation to another model"


def test_a_fallback_without_the_system_prompt_fails():
    finding = seen(with_history, lambda q: whole_gpt(q, HISTORY, system=None))
    assert finding.verdict == "fail"
    assert finding.seen == (
        "the fallback request of call 10 to openai lacks the system prompt, which the failed "
        "request to anthropic had; the same holds for 19 calls more"
    )
    assert finding.at == 0.0


def test_a_fallback_without_the_history_fails():
    finding = seen(with_history, whole_gpt)
    assert finding.verdict == "fail"
    assert "lacks 2 of 3 turns of the history, which" in finding.seen


def test_a_fallback_without_the_tools_fails_and_one_with_them_passes():
    finding = seen(claude_with_tool, ask_gpt)
    assert finding.verdict == "fail"
    assert "lacks 1 of 1 tools" in finding.seen

    def with_tool(question):
        return str(
            gpt().chat.completions.create(
                model=SECOND_MODEL, messages=talk(question), tools=[GPT_TOOL]
            )
        )

    assert seen(claude_with_tool, with_tool).verdict == "pass"


def test_a_fallback_without_the_schema_fails_and_one_with_it_passes():
    finding = seen(claude_gives, ask_gpt)
    assert finding.verdict == "fail"
    assert "lacks the schema of the answer" in finding.seen

    def in_form(question):
        return whole_gpt(question, system=None, response_format=FORM)

    assert seen(claude_gives, in_form).verdict == "pass"


def test_another_prompt_may_be_meant_unless_it_must_be_the_same():
    def own_prompt(question):
        return whole_gpt(question, HISTORY, system="You are GPT. Answer for our shop.")

    finding = seen(with_history, own_prompt)
    assert finding.verdict == "not judged"
    assert "differs in the system prompt" in finding.seen
    assert seen(with_history, own_prompt, exactly=True).verdict == "fail"


def test_a_longer_history_and_more_rules_are_nothing_lost():
    def more(question):
        return whole_gpt(question, HISTORY)

    assert seen(whole_claude, more).verdict == "pass"


def test_it_is_not_applicable_without_a_fallback():
    finding = found(fallback_is_faithful(), ask_once, overloaded())
    assert finding.verdict == "not applicable"


def test_another_question_to_another_model_is_no_fallback():
    def reports_the_failure(question):
        try:
            return whole_claude(question, HISTORY, system=RULES)
        except anthropic.APIError:
            return ask_gpt("Write an apology, please.")

    finding = found(fallback_is_faithful(), reports_the_failure, overloaded())
    assert finding.verdict == "not applicable"


def test_a_stream_that_another_takes_over_is_compared_too():
    app = FallsOver(streamed=True, instead={"system": None})
    assert found(fallback_is_faithful(), app, overloaded()).verdict == "fail"
