"""Tools that OpenAI runs itself, as its SDK reads them."""

from __future__ import annotations

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import cut_stream

openai = pytest.importorskip("openai")

BROKEN = (openai.APIConnectionError, httpx.RemoteProtocolError)  # openai 2 wraps none in a stream
PROMPT = "Where is order KX-48213?"
MCP = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp"}
TOOLS = {
    "web search": ({"type": "web_search"}, ["web_search_call"]),
    "web search of before": ({"type": "web_search_preview"}, ["web_search_call"]),
    "code": (
        {"type": "code_interpreter", "container": {"type": "auto"}},
        ["code_interpreter_call"],
    ),
    "mcp": (MCP, ["mcp_list_tools"]),
    "mcp call": (
        MCP | {"allowed_tools": ["track"], "require_approval": "never"},
        ["mcp_list_tools", "mcp_call"],
    ),
    "mcp approval": (
        MCP | {"allowed_tools": ["track"]},
        ["mcp_list_tools", "mcp_approval_request"],
    ),
}


def asked(**more):
    return {"model": "gpt-5.5", "input": PROMPT, **more}


@pytest.mark.parametrize("case", TOOLS)
def test_a_tool_that_is_offered_is_in_the_answer(case):
    tool, kinds = TOOLS[case]
    with outage(), openai.OpenAI() as client:
        response = client.responses.create(**asked(tools=[tool]))
    assert [item.type for item in response.output if item.type != "reasoning"] == [
        *kinds,
        "message",
    ]
    assert "KX-48213" in response.output_text
    assert not [item for item in response.output if type(item).__name__ == "BaseModel"]


@pytest.mark.parametrize("case", TOOLS)
def test_a_stream_tells_the_same_items_in_typed_events(case):
    tool, kinds = TOOLS[case]
    with outage(), openai.OpenAI() as client:
        with client.responses.stream(**asked(tools=[tool])) as stream:
            events = list(stream)
        final = stream.get_final_response()
    assert [item.type for item in final.output if item.type != "reasoning"] == [*kinds, "message"]
    assert not [event for event in events if type(event).__name__ == "BaseModel"]
    for kind in kinds:
        if kind.endswith("_call"):
            told = [e.type for e in events if e.type.startswith(f"response.{kind}")]
            assert told[0].endswith(".in_progress")
            assert told[-1].endswith(".completed")
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == sorted(numbers)


def test_a_search_is_for_what_was_asked_each_time():
    with outage(), openai.OpenAI() as client:
        queries = []
        for number in range(6):  # a form of request that is known by then
            response = client.responses.create(
                **asked(input=f"Order {number}?", tools=[{"type": "web_search"}])
            )
            (call,) = [item for item in response.output if item.type == "web_search_call"]
            queries.append(call.action.query)
    assert queries == [f"Order {number}?" for number in range(6)]


def test_no_tool_runs_that_the_request_forbids():
    with outage(), openai.OpenAI() as client:
        response = client.responses.create(
            **asked(tools=[{"type": "web_search"}], tool_choice="none")
        )
    assert "web_search_call" not in [item.type for item in response.output]


def test_a_stream_is_cut_behind_a_tool():
    with outage() as chaos, openai.OpenAI(max_retries=0) as client:
        chaos.on("openai").inject(cut_stream())
        kinds = []
        stream = client.responses.create(**asked(tools=[{"type": "web_search"}], stream=True))
        with pytest.raises(BROKEN):
            kinds.extend(event.type for event in stream)
        assert "response.web_search_call.completed" in kinds
        assert chaos.journal[0].failed
