"""Output items of tools that OpenAI itself runs: web search, code interpreter, MCP servers.

A request that offers such a tool gets its items before the text of the answer, unless its
`tool_choice` is "none". Items and events of web search and code interpreter are as recorded. Those
of MCP are the SDK's types (openai.types.responses) and assumed otherwise, because what a server
offers is not known here: it is taken to offer the tools that `allowed_tools` names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers.framing import split
from chaos_llm.providers.openai.common import hexadecimal
from chaos_llm.providers.openai.response_items import Events
from chaos_llm.providers.provider import ReplyContext

_CODE = "print(6 * 7)"  # what the model runs: assumed
_SEARCH = ("web_search", "web_search_preview")  # each also with a date behind it


class Step(NamedTuple):
    """One event between the start of an item and its end; `fields` are besides the item's place."""

    name: str
    fields: dict[str, Any]


class ServerItem:
    """An item of a tool that ran at the provider: its last state, its first, and the events."""

    def __init__(
        self, last: dict[str, Any], first: dict[str, Any], steps: tuple[Step, ...]
    ) -> None:
        self.written = _json(last)
        self._id, self._first, self._steps = last["id"], _json({**last, **first}), steps

    def add_to(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        events.add("response.output_item.added", f'"output_index":{index},"item":{self._first}')
        for name, fields in self._steps:
            payload = _json({"output_index": index, "item_id": self._id, **fields})
            events.add(f"response.{name}", payload[1:-1])
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')


def server_items(
    request: Request, answer: Completion, reply_context: ReplyContext
) -> list[ServerItem]:
    """The items of the tools that a request offers; none if the model says no text."""
    body = request.body if isinstance(request.body, dict) else {}
    tools = body.get("tools")
    if not isinstance(tools, list) or not answer.text or body.get("tool_choice") == "none":
        return []
    offered = [tool for tool in tools if isinstance(tool, dict)]
    return [item for tool in offered for item in _items(tool, request, reply_context)]


def _items(
    tool: dict[str, Any], request: Request, reply_context: ReplyContext
) -> Iterator[ServerItem]:
    kind = str(tool.get("type"))
    if kind.startswith(_SEARCH):
        yield _web_search(request.prompt, reply_context)
    elif kind == "code_interpreter":
        yield _code_interpreter(reply_context)
    elif kind == "mcp":
        yield from _mcp(tool, reply_context)


def _web_search(query: str, reply_context: ReplyContext) -> ServerItem:
    name = "web_search_call"
    action = {"type": "search", "queries": [query], "query": query}
    item = {"id": f"ws_{hexadecimal(reply_context, 50)}", "type": name, "status": "completed"}
    steps = tuple(
        Step(f"{name}.{state}", {}) for state in ("in_progress", "searching", "completed")
    )
    first = {"status": "in_progress", "action": {"type": "search"}}
    return ServerItem({**item, "action": action}, first, steps)


def _code_interpreter(reply_context: ReplyContext) -> ServerItem:
    name = "code_interpreter_call"
    item = {
        "id": f"ci_{hexadecimal(reply_context, 48)}",
        "type": name,
        "status": "completed",
        "code": _CODE,
        "container_id": f"cntr_{hexadecimal(reply_context, 48)}",
        "outputs": None,  # only a request that includes them gets them
    }
    steps = (
        Step(f"{name}.in_progress", {}),
        *(Step(f"{name}_code.delta", {"delta": piece}) for piece in split(_CODE)),
        Step(f"{name}_code.done", {"code": _CODE}),
        Step(f"{name}.interpreting", {}),
        Step(f"{name}.completed", {}),
    )
    return ServerItem(item, {"status": "in_progress", "code": ""}, steps)


def _mcp(tool: dict[str, Any], reply_context: ReplyContext) -> Iterator[ServerItem]:
    """What a server offers, then a call of its first tool, or the request to approve of it."""
    label, names = str(tool.get("server_label") or ""), list(_allowed(tool))
    offered = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    listed = {
        "id": f"mcpl_{hexadecimal(reply_context, 50)}",
        "type": "mcp_list_tools",
        "server_label": label,
        "tools": [{**each, "annotations": None, "description": None} for each in offered],
        "error": None,
    }
    states = ("in_progress", "completed")
    yield ServerItem(
        listed, {"tools": []}, tuple(Step(f"mcp_list_tools.{state}", {}) for state in states)
    )
    if names:
        approved = tool.get("require_approval") == "never"
        yield (_call if approved else _approval)(label, names[0], reply_context)


def _allowed(tool: dict[str, Any]) -> Iterator[str]:
    allowed = tool.get("allowed_tools")
    if isinstance(allowed, dict):
        allowed = allowed.get("tool_names")
    yield from (name for name in allowed or () if isinstance(name, str))


def _call(label: str, name: str, reply_context: ReplyContext) -> ServerItem:
    call = {
        "id": f"mcp_{hexadecimal(reply_context, 50)}",
        "type": "mcp_call",
        "status": "completed",
        "approval_request_id": None,
        "arguments": "{}",
        "error": None,
        "name": name,
        "output": "",
        "server_label": label,
    }
    steps = (
        Step("mcp_call.in_progress", {}),
        Step("mcp_call_arguments.delta", {"delta": "{}"}),
        Step("mcp_call_arguments.done", {"arguments": "{}"}),
        Step("mcp_call.completed", {}),
    )
    return ServerItem(call, {"status": "in_progress", "arguments": "", "output": None}, steps)


def _approval(label: str, name: str, reply_context: ReplyContext) -> ServerItem:
    request = {
        "id": f"mcpr_{hexadecimal(reply_context, 50)}",
        "type": "mcp_approval_request",
        "arguments": "{}",
        "name": name,
        "server_label": label,
    }
    return ServerItem(request, {}, ())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
