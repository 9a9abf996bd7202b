"""Which tools a healthy answer may call: those on offer, until a tool's result is in."""

from __future__ import annotations

from typing import Any

from chaos_llm.protocol.messages import Request, Tool
from chaos_llm.protocol.tool_history import reported_tool_calls

_CONVERSATIONS = ("messages", "input", "contents")  # where a body has its turns
_PARTS = ("content", "parts")


def callable_tools(request: Request) -> tuple[Tool, ...]:
    """The tools that an answer chooses from; none if it is a text.

    After a tool's result a model answers in words, so that an agent ends. Where the API has to
    call a tool, whatever it is, an agent ends with one that stands for its answer, as
    pydantic-ai's `final_result` does: with a tool that was not called since the last question.
    """
    if not request.answers_tool or not request.tools:
        return request.tools
    if request.forced_tool != "":
        return ()
    called = {each.name for each in reported_tool_calls(_since_the_question(request.body))}
    return tuple(tool for tool in request.tools if tool.name not in called)


def _since_the_question(body: Any) -> list[Any]:
    """The turns behind the last text of the user's, which may stand beside a tool's result."""
    found = (body.get(name) for name in _CONVERSATIONS) if isinstance(body, dict) else ()
    turns = next((each for each in found if isinstance(each, list)), [])
    questions = (index for index, turn in enumerate(turns) if _asks(turn))
    return turns[max(questions, default=-1) + 1 :]


def _asks(turn: Any) -> bool:
    if not isinstance(turn, dict) or turn.get("type", "message") != "message":
        return False
    if turn.get("role", "user") != "user":
        return False
    content = next((turn[name] for name in _PARTS if name in turn), None)
    if isinstance(content, str):
        return bool(content)
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("text") for part in parts)
