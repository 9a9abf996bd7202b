"""Where any tool has to be called, an agent ends with a tool that stands for its answer."""

from __future__ import annotations

import json

import anthropic
import openai
import pytest

from chaos_llm import outage

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMES = ("get_weather", "final_result")


def chat(tools, turns):
    sent = [{"type": "function", "function": {"name": n, "parameters": SCHEMA}} for n in tools]
    reply = openai.OpenAI(api_key="k").chat.completions.create(
        model="gpt-5.4", messages=turns, tools=sent, tool_choice="required"
    )
    message = reply.choices[0].message
    turns.append(message.model_dump(exclude_none=True))
    calls = message.tool_calls or []
    turns += [{"role": "tool", "tool_call_id": call.id, "content": "15"} for call in calls]
    return [call.function.name for call in calls]


def responses(tools, turns):
    sent = [{"type": "function", "name": n, "parameters": SCHEMA} for n in tools]
    reply = openai.OpenAI(api_key="k").responses.create(
        model="gpt-5.4", input=turns, tools=sent, tool_choice="required"
    )
    turns += [item.model_dump(exclude_none=True) for item in reply.output]
    calls = [item for item in reply.output if item.type == "function_call"]
    turns += [
        {"type": "function_call_output", "call_id": call.call_id, "output": "15"} for call in calls
    ]
    return [call.name for call in calls]


def messages(tools, turns):
    reply = anthropic.Anthropic(api_key="k").messages.create(
        model="claude-sonnet-5",
        max_tokens=999,
        messages=turns,
        tools=[{"name": n, "input_schema": SCHEMA} for n in tools],
        tool_choice={"type": "any"},
    )
    turns.append({"role": "assistant", "content": [each.model_dump() for each in reply.content]})
    calls = [each for each in reply.content if each.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": each.id, "content": "15"} for each in calls]
    turns.append({"role": "user", "content": results})
    return [call.name for call in calls]


APIS = pytest.mark.parametrize("ask", [chat, responses, messages])


@APIS
@pytest.mark.parametrize("seed", range(4))
def test_an_agent_that_has_to_call_tools_comes_to_the_tool_that_ends_it(ask, seed):
    turns = [{"role": "user", "content": "Weather?"}]
    with outage(seed=seed) as chaos:
        called = ask(NAMES, turns)
        while called[-1] != "final_result":
            called += ask(NAMES, turns)
        assert len(chaos.journal) <= len(NAMES)


@APIS
def test_a_new_question_beside_a_tools_result_opens_all_tools_again(ask):
    turns = [{"role": "user", "content": "Weather?"}]
    with outage():
        assert ask(NAMES[:1], turns) == ["get_weather"]
        if ask is messages:
            turns[-1]["content"].append({"type": "text", "text": "And tomorrow?"})
        else:
            turns.append({"role": "user", "content": "And tomorrow?"})
        assert ask(NAMES[:1], turns) == ["get_weather"]


@APIS
def test_an_agent_whose_tools_were_all_called_ends(ask):
    turns = [{"role": "user", "content": "Weather?"}]
    with outage():
        assert ask(NAMES[:1], turns) == ["get_weather"]
        assert ask(NAMES[:1], turns) == []
        assert "Reference" in json.dumps(turns[-1] if ask is not messages else turns[-2])
