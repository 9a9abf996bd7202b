"""Tools that Anthropic runs itself, as its SDK reads them."""

from __future__ import annotations

import anthropic
import pytest

from chaos_llm import outage

PROMPT = "Where is order KX-48213?"
TOOLS = {
    "web search": (
        {"type": "web_search_20250305", "name": "web_search"},
        ["server_tool_use", "web_search_tool_result"],
    ),
    "commands": (
        {"type": "code_execution_20250825", "name": "code_execution"},
        ["server_tool_use", "bash_code_execution_tool_result"],
    ),
}
MCP = {
    "type": "url",
    "name": "shop",
    "url": "https://shop.example/mcp",
    "tool_configuration": {"enabled": True, "allowed_tools": ["track"]},
}


def asked(**more):
    said = [{"role": "user", "content": PROMPT}]
    return {"model": "claude-opus-4-6", "max_tokens": 300, "messages": said, **more}


@pytest.mark.parametrize("case", TOOLS)
def test_a_tool_that_is_offered_is_in_the_answer(case):
    tool, kinds = TOOLS[case]
    with outage(), anthropic.Anthropic() as client:
        message = client.messages.create(**asked(tools=[tool]))
    assert [block.type for block in message.content] == [*kinds, "text"]
    call, result, text = message.content
    assert call.id == result.tool_use_id
    assert "KX-48213" in text.text
    assert message.stop_reason == "end_turn"
    used = message.usage.server_tool_use
    assert (used.web_search_requests if used else 0) == (case == "web search")


@pytest.mark.parametrize("case", TOOLS)
def test_a_stream_tells_the_same_blocks(case):
    tool, kinds = TOOLS[case]
    with (
        outage(),
        anthropic.Anthropic() as client,
        client.messages.stream(**asked(tools=[tool])) as stream,
    ):
        message = stream.get_final_message()
    assert [block.type for block in message.content] == [*kinds, "text"]
    assert message.content[0].input
    assert "KX-48213" in message.content[-1].text


def test_a_search_is_for_what_was_asked_each_time():
    with outage(), anthropic.Anthropic() as client:
        queries = []
        for number in range(6):  # a form of request that is known by then
            said = [{"role": "user", "content": f"Order {number}?"}]
            message = client.messages.create(**asked(messages=said, tools=[TOOLS["web search"][0]]))
            queries.append(message.content[0].input["query"])
    assert queries == [f"Order {number}?" for number in range(6)]


def test_a_conversation_with_a_tool_can_go_on():
    tools = [TOOLS["web search"][0]]
    with outage(), anthropic.Anthropic() as client:
        first = client.messages.create(**asked(tools=tools))
        said = [
            {"role": "user", "content": PROMPT},
            {"role": "assistant", "content": [block.model_dump() for block in first.content]},
            {"role": "user", "content": "And order KX-10002?"},
        ]
        second = client.messages.create(**asked(messages=said, tools=tools))
    assert "KX-10002" in second.content[-1].text


def test_a_connector_calls_the_tool_that_it_names():
    with outage(), anthropic.Anthropic() as client:
        message = client.beta.messages.create(
            **asked(mcp_servers=[MCP], betas=["mcp-client-2025-04-04"])
        )
    call, result, text = message.content
    assert (call.type, call.server_name, call.name) == ("mcp_tool_use", "shop", "track")
    assert (result.type, result.tool_use_id) == ("mcp_tool_result", call.id)
    assert "KX-48213" in text.text


def test_no_tool_runs_that_the_request_forbids():
    with outage(), anthropic.Anthropic() as client:
        message = client.messages.create(
            **asked(tools=[TOOLS["web search"][0]], tool_choice={"type": "none"})
        )
    assert [block.type for block in message.content] == ["text"]
