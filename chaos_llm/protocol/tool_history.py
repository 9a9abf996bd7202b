"""The tool calls in a request's conversation: what the app says that the model had called.

One reader for all wire formats, because it looks for the shape of a tool call and of its result
wherever they are in the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_DEPTH = 12  # levels of a body that are read
# Words by which a tool's result says that the tool was not run.
_NOT_RUN = re.compile(
    r"error|invalid|incomplete|truncat|malform|fail|not (?:run|exec|call)", re.IGNORECASE
)


class ReportedToolCall(NamedTuple):
    """A tool call in a conversation; `arguments` is JSON with sorted keys.

    `was_run` says that the conversation has a result of it that is no error.
    """

    name: str
    arguments: str
    was_run: bool


def canonical(arguments: object) -> str:
    """Arguments as JSON with sorted keys; a text that is no JSON stays as it is."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return str(arguments)
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)


def reported_tool_calls(body: object) -> tuple[ReportedToolCall, ...]:
    """The tool calls in the conversation of a request's body, in their order."""
    objects = list(_objects(body))
    results = dict(filter(None, map(_result, objects)))
    found = []
    for name, arguments, key in filter(None, map(_call, objects)):
        result = results.get(key, results.get(name))
        was_run = result is not None and not _NOT_RUN.search(result)
        found.append(ReportedToolCall(name, canonical(arguments), was_run))
    return tuple(found)


def _objects(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        yield value
        for name, inner in value.items():
            if name not in ("tools", "input_schema", "parameters"):
                yield from _objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner, depth + 1)


def _call(part: dict[str, Any]) -> tuple[str, object, str] | None:
    """Name, arguments and id of a tool call; None for another object."""
    if part.get("type") in ("tool_use", "function_call") or "toolUseId" in part:
        name, arguments = part.get("name"), part.get("input", part.get("arguments"))
        key = part.get("call_id") or part.get("id") or part.get("toolUseId")
    elif isinstance(part.get("function"), dict):
        name, arguments = part["function"].get("name"), part["function"].get("arguments")
        key = part.get("id")
    elif isinstance(called := part.get("functionCall", part.get("function_call")), dict):
        name, arguments, key = called.get("name"), called.get("args"), called.get("id")
    else:
        return None
    if not isinstance(name, str) or arguments is None:
        return None
    return name, arguments, key if isinstance(key, str) else name


def _result(part: dict[str, Any]) -> tuple[str, str] | None:
    """The id of a tool's call, and the text of its result; None for another object."""
    answered = part.get("functionResponse", part.get("function_response"))
    if isinstance(answered, dict):
        return str(answered.get("id") or answered.get("name")), json.dumps(answered, default=str)
    key = part.get("tool_use_id") or part.get("tool_call_id") or part.get("call_id")
    key = key or (part.get("toolUseId") if "content" in part else None)
    if not isinstance(key, str) or part.get("type") == "function_call":
        return None
    failed = part.get("is_error") or part.get("status") == "error"
    output = part.get("content", part.get("output", ""))
    return key, "error" if failed else output if isinstance(output, str) else json.dumps(output)
