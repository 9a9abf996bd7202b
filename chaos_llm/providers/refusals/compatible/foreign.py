"""Messages of other vendors, sent as they are to APIs that took OpenAI's chat over."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found, shown

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
# Parts of Anthropic's, of Responses, and of Converse (the latter have no type), none of OpenAI's.
_PARTS = (
    *("tool_use", "tool_result", "server_tool_use", "redacted_thinking", "search_result"),
    *("image", "input_text", "output_text", "input_image", "input_file", "summary_text"),
)
_OF_CONVERSE = ("toolUse", "toolResult", "reasoningContent", "cachePoint", "image", "document")


def foreign_message(
    *roles: str, parts: tuple[str, ...] = (), typeless: str = "without a type"
) -> Wrong:
    """A message that is none of OpenAI's: `{kind}` names what gives it away.

    `roles` are those that the vendor knows; `parts` are further content parts that it does not.
    `typeless` is what a text without a type is called, "text" where it is taken.
    """
    foreign = frozenset((*_PARTS, *_OF_CONVERSE, "without a type", *parts))

    def wrong(message: Any, _request: CheckedRequest) -> Found | None:
        if not isinstance(message, dict):
            return found(kind=shown(message), role="")
        if message.get("role") not in roles:
            return found(kind=f"role {shown(message.get('role'))}", role="")
        if "parts" in message and "content" not in message:
            return found("parts", kind="parts", role=message["role"])
        content = message.get("content")
        for index, part in enumerate(content if isinstance(content, list) else ()):
            kind = _kind(part, typeless)
            if kind in foreign:
                return found("content", index, kind=kind, role=message["role"])
        return None

    return wrong


def _kind(part: Any, typeless: str) -> str:
    """The type of a part; of one without a type, the first of Converse's keys."""
    if not isinstance(part, dict):
        return ""
    if isinstance(part.get("type"), str):
        return str(part["type"])
    return next((key for key in _OF_CONVERSE if key in part), typeless)


def refused(wrong: Wrong, message: str, source: Source, **how: Any) -> Rule:
    """The rule of one vendor about such messages."""
    why = "takes no message of another vendor's: {kind}"
    return Rule("another vendor's message", "messages[]", wrong, message, why, source, **how)
