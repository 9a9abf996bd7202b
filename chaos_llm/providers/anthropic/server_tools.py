"""Content blocks of tools that Anthropic itself runs: web search, code execution, MCP servers.

A request that offers such a tool gets its call and its result before the text of the answer, unless
its `tool_choice` is "none". Blocks of web search are as recorded. Those of code execution and of
MCP are the types of anthropic 2.11; what is searched, run and found is assumed. What an MCP server
offers is not known here: a tool that the request names is called, and without one none is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers.framing import base58
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.signatures import sign

_COMMAND, _CODE = "echo $((6 * 7))", "print(6 * 7)"
_OUTPUT = {"stdout": "42\n", "stderr": "", "return_code": 0, "content": []}
_FOUND = {"title": "Example Domain", "url": "https://example.com/", "page_age": None}
_OLD_CODE = "code_execution_20250522"  # ran Python alone


class ServerTool(NamedTuple):
    """A call that the provider made itself, and its result: two blocks of the content."""

    call: dict[str, Any]
    result: dict[str, Any]

    def blocks(self) -> tuple[str, str]:
        """Both blocks as they stand in a whole message."""
        return _json(self.call), _json(self.result)

    def opening(self) -> str:
        """The call as it begins in a stream, before its input comes."""
        return _json({**self.call, "input": {}})

    def input(self) -> str:
        """The call's input, which a stream sends in pieces."""
        return _json(self.call["input"])


def server_tools(
    request: Request, answer: Completion, reply_context: ReplyContext, host: str
) -> list[ServerTool]:
    """The tools that run for a request; none if the model says no text."""
    body = request.body if isinstance(request.body, dict) else {}
    choice = body.get("tool_choice")
    barred = isinstance(choice, dict) and choice.get("type") == "none"
    if barred or not answer.text or not (body.get("tools") or body.get("mcp_servers")):
        return []
    return list(_run(body, request.prompt, reply_context, host))


def searches(tools: list[ServerTool]) -> int:
    """How many of them were searches of the web, which are billed."""
    return sum(tool.call["name"] == "web_search" for tool in tools)


def _run(
    body: dict[str, Any], prompt: str, reply_context: ReplyContext, host: str
) -> Iterator[ServerTool]:
    offered = body.get("tools")
    for tool in offered if isinstance(offered, list) else ():
        kind = str(tool.get("type", "")) if isinstance(tool, dict) else ""
        if kind.startswith("web_search_"):
            yield _search(prompt, reply_context, host)
        elif kind.startswith("code_execution_"):
            yield _execution(kind, reply_context, host)
    servers = body.get("mcp_servers")
    for server in servers if isinstance(servers, list) else ():
        if isinstance(server, dict) and (names := _allowed(server)):
            yield _mcp(str(server.get("name")), names[0], reply_context, host)


def _search(query: str, reply_context: ReplyContext, host: str) -> ServerTool:
    call = _call("srvtoolu_", "web_search", {"query": query}, reply_context, host)
    secret = sign("anthropic", query, reply_context.rng.number(128))
    found = {"type": "web_search_result", **_FOUND, "encrypted_content": secret}
    return ServerTool(call, _result("web_search_tool_result", call, [found]))


def _execution(kind: str, reply_context: ReplyContext, host: str) -> ServerTool:
    """Run a command; the first version of the tool ran Python."""
    is_old = kind == _OLD_CODE
    name = "code_execution" if is_old else "bash_code_execution"
    tool_input = {"code": _CODE} if is_old else {"command": _COMMAND}
    call = _call("srvtoolu_", name, tool_input, reply_context, host)
    return ServerTool(
        call, _result(f"{name}_tool_result", call, {"type": f"{name}_result", **_OUTPUT})
    )


def _mcp(server: str, name: str, reply_context: ReplyContext, host: str) -> ServerTool:
    call = _call("mcptoolu_", name, {}, reply_context, host)
    call["server_name"] = server
    result = _result("mcp_tool_result", call, [{"type": "text", "text": "ok"}])
    return ServerTool(call, {**result, "is_error": False})


def _allowed(server: dict[str, Any]) -> list[str]:
    settings = server.get("tool_configuration")
    allowed = settings.get("allowed_tools") if isinstance(settings, dict) else None
    return [name for name in allowed or () if isinstance(name, str)]


def _call(
    prefix: str,
    name: str,
    tool_input: dict[str, Any],
    reply_context: ReplyContext,
    host: str,
) -> dict[str, Any]:
    call_id = f"{prefix}{host}01" + base58(reply_context.rng.number(256), 22)
    kind = "mcp_tool_use" if prefix == "mcptoolu_" else "server_tool_use"
    return {"type": kind, "id": call_id, "name": name, "input": tool_input}


def _result(kind: str, call: dict[str, Any], content: object) -> dict[str, Any]:
    return {"type": kind, "tool_use_id": call["id"], "content": content}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
