"""What is wrong with content blocks and tools of Anthropic's, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chaos_llm.providers.conversation import continues_thread
from chaos_llm.providers.refusals.checked_request import CheckedRequest, Place
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown

# Of the types in anthropic 2.14, beta ones included.
BLOCKS = (
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "browser_state",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "document",
    "fallback",
    "image",
    "mcp_tool_listing",
    "mcp_tool_result",
    "mcp_tool_use",
    "redacted_thinking",
    "search_result",
    "server_tool_use",
    "text",
    "text_editor_code_execution_tool_result",
    "thinking",
    "tool_addition",
    "tool_reference",
    "tool_removal",
    "tool_result",
    "tool_search_tool_result",
    "tool_use",
    "web_fetch_tool_result",
    "web_search_tool_result",
)
TOOLS = ("custom", "mcp_toolset", "tool_search_tool_bm25", "tool_search_tool_regex")
_MOST_CACHE_MARKS = 4
_COMBINED = ("oneOf", "allOf", "anyOf")
_DEEPEST = 64  # levels of a schema that are looked through


def unknown_block(block: Any, _request: CheckedRequest) -> Found | None:
    """A content block of a kind that is another vendor's."""
    kind = block.get("type") if isinstance(block, dict) else "text"
    if kind is None or kind in BLOCKS:
        return None
    return found(kind=shown(kind), kinds=", ".join(f"'{each}'" for each in BLOCKS))


def blank_text(message: Any, _request: CheckedRequest) -> Found | None:
    """A text of spaces alone."""
    for place, text in _texts(message):
        if text and not text.strip():
            return Found(place)
    return None


def empty_text_block(message: Any, _request: CheckedRequest) -> Found | None:
    """A block of text without text; a whole message that is an empty text is another case."""
    for place, text in _texts(message):
        if not text and len(place) > 1:
            return Found(place)
    return None


def trailing_space(messages: Any, _request: CheckedRequest) -> Found | None:
    """Words put into the assistant's mouth that end with a space."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return None
    texts = list(_texts(last))
    if texts and texts[-1][1] != texts[-1][1].rstrip():
        return found(len(messages) - 1, "content")
    return None


def _texts(message: Any) -> Iterator[tuple[Place, str]]:
    """The texts of a message with their places in it."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        yield ("content",), content
    for index, block in enumerate(content) if isinstance(content, list) else ():
        if isinstance(block, dict) and block.get("type") == "text":
            text = block.get("text")
            if isinstance(text, str):
                yield ("content", index, "text"), text


def system_block(message: Any, _request: CheckedRequest) -> Found | None:
    """A block of a system turn that is none of the three kinds that it has."""
    content = _system_content(message)
    kinds = (block.get("type") for block in content if isinstance(block, dict))
    known = ("text", "tool_addition", "tool_removal", None)
    return WRONG if any(kind not in known for kind in kinds) else None


def empty_system_turn(message: Any, _request: CheckedRequest) -> Found | None:
    """A system turn without a block, which only one with directives may be."""
    if not isinstance(message, dict) or message.get("role") != "system":
        return None
    return WRONG if not message.get("content") and "output_config" not in message else None


def blank_system_turn(message: Any, _request: CheckedRequest) -> Found | None:
    """A system turn with a text of spaces, or none."""
    if not isinstance(message, dict) or message.get("role") != "system":
        return None
    return WRONG if any(not text.strip() for _, text in _texts(message)) else None


def _system_content(message: Any) -> list[Any]:
    if not isinstance(message, dict) or message.get("role") != "system":
        return []
    content = message.get("content")
    return content if isinstance(content, list) else []


def too_many_cache_marks(body: Any, _request: CheckedRequest) -> Found | None:
    """More blocks marked for the cache than the API keeps."""
    marks = sum(1 for place in ("system", "tools", "messages") for _ in _marked(body.get(place)))
    return found(count=marks) if marks > _MOST_CACHE_MARKS else None


def cached_empty_text(block: Any, _request: CheckedRequest) -> Found | None:
    """An empty text that is marked for the cache."""
    if not isinstance(block, dict) or block.get("type") != "text":
        return None
    return found("text") if block.get("text") == "" and block.get("cache_control") else None


def _marked(value: Any, deep: int = 3) -> Iterator[dict[str, Any]]:
    """The blocks and tools with a mark for the cache: of messages, and of results in them."""
    for each in value if deep and isinstance(value, list) else ():
        if isinstance(each, dict):
            if each.get("cache_control"):
                yield each
            yield from _marked(each.get("content"), deep - 1)


def is_custom(tool: Any) -> bool:
    """Whether a tool is the app's own."""
    return isinstance(tool, dict) and tool.get("type") in (None, "custom")


def unknown_kind_of_tool(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool of a kind that is another vendor's; the API's own are dated, and new ones come."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if kind is None or kind in TOOLS or re.search(r"_\d{8}$", str(kind)):
        return None
    return found(kind=shown(kind))


def custom_without(key: str) -> Wrong:
    """A tool of the app's own without this key."""

    def wrong(tool: Any, _request: CheckedRequest) -> Found | None:
        return found("custom", key) if is_custom(tool) and key not in tool else None

    return wrong


def schema_without_type(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool whose schema has no type."""
    schema = tool.get("input_schema") if is_custom(tool) else None
    if isinstance(schema, dict) and "type" not in schema:
        return found("custom", "input_schema", "type")
    return None


def schema_of_no_object(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool whose schema is not that of an object."""
    schema = tool.get("input_schema") if is_custom(tool) else None
    if isinstance(schema, dict) and schema.get("type") != "object":
        return found("custom", "input_schema", "type")
    return None


def combined_schema(tool: Any, _request: CheckedRequest) -> Found | None:
    """A tool whose schema is a choice of several at its top."""
    schema = tool.get("input_schema") if is_custom(tool) else None
    if isinstance(schema, dict) and any(word in schema for word in _COMBINED):
        return found("custom", "input_schema")
    return None


def open_strict_schema(tool: Any, _request: CheckedRequest) -> Found | None:
    """A strict tool with an object that may have further properties."""
    if not is_custom(tool) or tool.get("strict") is not True:
        return None
    is_open = any(
        schema.get("type") == "object" and schema.get("additionalProperties") is not False
        for schema in _schemas(tool.get("input_schema"), _DEEPEST)
    )
    return found("custom") if is_open else None


def _schemas(schema: Any, deep: int) -> Iterator[dict[str, Any]]:
    """A schema and all that it is made of."""
    if not isinstance(schema, dict) or not deep:
        return
    yield schema
    parts = [schema.get("items"), *(schema.get(word) or () for word in _COMBINED)]
    for name in ("properties", "$defs", "definitions"):
        named = schema.get(name)
        parts += list(named.values()) if isinstance(named, dict) else []
    for part in parts:
        for each in part if isinstance(part, list) else (part,):
            yield from _schemas(each, deep - 1)


def repeated_tool(tools: Any, _request: CheckedRequest) -> Found | None:
    """Two tools of one name."""
    names = [str(tool.get("name")) for tool in tools if isinstance(tool, dict) and "name" in tool]
    return WRONG if len(set(names)) < len(names) else None


def unknown_tool(choice: Any, request: CheckedRequest) -> Found | None:
    """A forced tool that is not offered."""
    if not isinstance(choice, dict) or choice.get("type") != "tool":
        return None
    if continues_thread(request.body):
        return None
    names = [tool.get("name") for _, tool in request.at("tools[]") if isinstance(tool, dict)]
    name = choice.get("name")
    return None if name in names else found("name", name=shown(name))


def any_of_no_tools(choice: Any, request: CheckedRequest) -> Found | None:
    """A call of any tool, where none is offered."""
    is_any = isinstance(choice, dict) and choice.get("type") == "any"
    is_offered = request.body.get("tools") or continues_thread(request.body)
    return WRONG if is_any and not is_offered else None
