"""What is read out of a request in OpenAI's manner: tools, the forced one, the wanted schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos_llm.protocol.messages import Tool


def tools_of(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the app's functions, which Chat Completions wraps once more than Responses."""
    offered = body.get("tools")
    if not isinstance(offered, list) or body.get("tool_choice") == "none":
        return ()
    functions = (
        tool.get("function", tool)
        for tool in offered
        if isinstance(tool, dict) and tool.get("type") == "function"
    )
    return tuple(
        Tool(function["name"], function.get("parameters") or {})
        for function in functions
        if isinstance(function, dict) and "name" in function
    )


def forced_tool_of(body: dict[str, Any]) -> str | None:
    """Find the tool that must be called: its name, or "" for any."""
    choice = body.get("tool_choice")
    if choice == "required":
        return ""
    if not isinstance(choice, dict) or choice.get("type") != "function":
        return None
    function = choice.get("function", choice)
    return str(function.get("name", "")) if isinstance(function, dict) else ""


def schema_of(form: object) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema in a format object; a bare JSON mode wants any object."""
    if not isinstance(form, dict):
        return None
    if form.get("type") == "json_object":
        return {"type": "object"}
    wrapped = form.get("json_schema", form)
    return wrapped.get("schema") if isinstance(wrapped, dict) else None


def deployment(path: str) -> str:
    """Find the model that Azure names in the path: /openai/deployments/{name}/..."""
    return path.partition("/deployments/")[2].partition("/")[0]


def asks_for_usage(body: Any) -> bool:
    """Whether a stream shall end with its usage."""
    options = body.get("stream_options") if isinstance(body, dict) else None
    return isinstance(options, dict) and options.get("include_usage") is True
