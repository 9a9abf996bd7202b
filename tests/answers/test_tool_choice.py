"""A healthy model calls tools that only read, and runs no commands unless it is asked to."""

from __future__ import annotations

import pytest

from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.protocol.messages import Request, Tool

PLAIN = {"type": "object", "properties": {"path": {"type": "string"}}}
COMMAND = {"type": "object", "properties": {"command": {"type": "string"}}}


def called(*tools, prompt="Say hello.", forced=None, seed=0):
    """The tool that is called, or "" where the model answers in words."""
    request = Request(
        "openai",
        "chat",
        "api",
        "",
        "/v1/chat/completions",
        prompt=prompt,
        forced_tool=forced,
        tools=tuple(each if isinstance(each, Tool) else Tool(each, PLAIN) for each in tools),
    )
    answer = HealthyAnswers(seed).answer(request, f"call {seed}")
    return answer.tool_calls[0].name if answer.tool_calls else ""


CLAUDE_CODE = ("Bash", "Edit", "Read", "Skill", "Task", "TodoWrite", "WebFetch", "Write")
GEMINI = ("replace", "run_shell_command", "save_memory", "write_file", "read_file", "web_fetch")
CODEX = ("exec_command", "write_stdin", "update_plan", "spawn_agent", "view_image")


@pytest.mark.parametrize(
    ("tools", "reads"),
    [(CLAUDE_CODE, "Read"), (GEMINI, "read_file"), (CODEX, "view_image")],
    ids=["Claude Code", "Gemini CLI", "Codex"],
)
def test_of_an_agents_tools_one_that_reads_is_called(tools, reads):
    assert {called(*tools, seed=seed) for seed in range(20)} == {reads}


def test_a_description_tells_what_a_name_does_not():
    tools = Tool("alpha", PLAIN, "Deletes a file."), Tool("beta", PLAIN, "Lists the files of it.")
    assert {called(*tools, seed=seed) for seed in range(10)} == {"beta"}


@pytest.mark.parametrize(
    ("harmless", "other"),
    [
        ("get_update", "weather"),
        ("weather", "refund"),
        ("find_order", "find_and_delete"),
        ("grep", "web_search"),
        ("web_search", "track"),
        ("track", "write_file"),
        ("write_file", "bash"),
    ],
)
def test_the_first_of_the_groups_that_has_a_tool_is_called(harmless, other):
    assert {called(other, harmless, seed=seed) for seed in range(10)} == {harmless}


def test_equally_harmless_tools_are_all_called_in_turn():
    assert {called("get_a", "get_b", seed=seed) for seed in range(30)} == {"get_a", "get_b"}


@pytest.mark.parametrize("shell", [Tool("bash", PLAIN), Tool("do", COMMAND)])
def test_no_command_is_run_unless_the_request_asks_for_it(shell):
    assert called(shell) == ""
    assert called(shell, prompt=f"Use {shell.name}, please.") == shell.name
    assert called(shell, forced="") == shell.name
    assert called(shell, "get_a", forced=shell.name) == shell.name


def test_an_apps_only_tool_is_called():
    assert called("refund") == "refund"
