"""What is read out of a request in OpenAI's manner: tools, the forced one, the wanted schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.protocol.messages import Tool
from chaos_llm.providers.framing import filler, text_of


def tools_of(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the app's functions, which Chat Completions wraps once more than Responses.

    Codex offers its own in an item of the input, in namespaces: "collaboration.list_agents".
    """
    offered = body.get("tools")
    if offered is None and "functions" in body:
        return _legacy_functions(body)
    if body.get("tool_choice") == "none":
        return ()
    return tuple(
        Tool(
            space + function["name"],
            function.get("parameters") or {},
            text_of(function.get("description")),
        )
        for space, function in _functions([*_listed(offered), *_additional(body.get("input"))])
        if isinstance(function, dict) and isinstance(function.get("name"), str)
    )


def _functions(offered: list[Any]) -> Iterator[tuple[str, Any]]:
    """The functions among these tools, each with its namespace and a dot, or "" without one."""
    for tool in offered:
        if not isinstance(tool, dict):
            continue
        if tool.get("type") == "function":
            yield "", tool.get("function", tool)
        elif tool.get("type") == "namespace" and isinstance(tool.get("name"), str):
            for inner in _listed(tool.get("tools")):
                if isinstance(inner, dict) and inner.get("type") == "function":
                    yield f"{tool['name']}.", inner


def _additional(items: object) -> list[Any]:
    """The tools that items of a Responses input offer."""
    dicts = (item for item in _listed(items) if isinstance(item, dict))
    offers = (item for item in dicts if item.get("type") == "additional_tools")
    return [tool for item in offers for tool in _listed(item.get("tools"))]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _legacy_functions(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the functions of requests before November 2023, which have no wrapping at all."""
    offered = body["functions"]
    if not isinstance(offered, list) or body.get("function_call") == "none":
        return ()
    return tuple(
        Tool(
            function["name"], function.get("parameters") or {}, text_of(function.get("description"))
        )
        for function in offered
        if isinstance(function, dict) and "name" in function
    )


def is_legacy(body: Any) -> bool:
    """Whether a request offers functions in the way of before November 2023."""
    return isinstance(body, dict) and "functions" in body and "tools" not in body


def forced_tool_of(body: dict[str, Any]) -> str | None:
    """Find the tool that must be called: its name, or "" for any."""
    legacy = body.get("function_call")
    if isinstance(legacy, dict):
        return str(legacy.get("name", ""))
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


def obfuscation(body: Any, text: str) -> str:
    """Write the field that hides a chunk's length, after a comma, unless a request declines it."""
    options = body.get("stream_options") if isinstance(body, dict) else None
    if isinstance(options, dict) and options.get("include_obfuscation") is False:
        return ""
    return f',"obfuscation":"{filler(text)}"'


def choices_of(body: dict[str, Any]) -> int:
    """How many answers a request asks for."""
    count = body.get("n")
    return min(count, MOST_CHOICES) if isinstance(count, int) and count > 1 else 1


MOST_CHOICES = 8  # of today's API: it says "Expected a value <= 8" to more
