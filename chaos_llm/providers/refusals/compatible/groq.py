"""What Groq's chat refuses: members that other vendors have, and what a model does not give."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.compatible import turns
from chaos_llm.providers.refusals.compatible.foreign import ROLES, foreign_message, refused
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import more_than_it_gives
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found
from chaos_llm.providers.refusals.table import RuleTable

_PASTED = Source("pasted", "users' issues")
_MEMBERS = (  # all others are refused by name
    *("role", "content", "name", "tool_calls", "tool_call_id", "function_call", "reasoning"),
    "executed_tools",
)
_MUST = "'{at}' : for 'role:{role}' the following must be satisfied[('{at}"


def _content(message: Any, _request: CheckedRequest) -> Found | None:
    content = message.get("content") if isinstance(message, dict) else None
    if content is None or isinstance(content, str | list):
        return None
    return found(role=message.get("role"))


def _call_without_type(message: Any, _request: CheckedRequest) -> Found | None:
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict) and "type" not in call:
            return found(role=message.get("role"), call=index)
    return None


CHAT = RuleTable(
    "groq chat",
    "Groq",
    (
        Rule(
            "role",
            "messages[]",
            turns.other_role("system", "user", "assistant", "tool", "function", "developer"),
            "'messages.{i}' : discriminator property 'role' has invalid value",
            "takes no role '{role}'",
            Source("assumed", "known; it has no source here"),
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "The model `{model}` does not exist or you do not have access to it.",
            "does not serve the model {model}",
            Source("recorded", "of unknown models"),
            kind="not_found",
            code="model_not_found",
        ),
        Rule(
            "message's key",
            "messages[]",
            turns.other_member(_MEMBERS),
            _MUST + "' : property '{key}' is unsupported)]",
            "knows no key '{key}' in a message",
            _PASTED,
        ),
        refused(
            foreign_message(*ROLES, parts=("thinking",)),
            "'messages.{i}' : for 'role:{role}' the following must be satisfied[('messages.{i}"
            ".content' : value must be a string)]",
            Source("client code", "users' clients, of content that a model does not take"),
        ),
        Rule(
            "content: type",
            "messages[]",
            _content,
            _MUST + ".content' : value must be a string)]",
            "wants a text as content",
            _PASTED,
        ),
        Rule(
            "call's type missing",
            "messages[]",
            _call_without_type,
            _MUST + ".tool_calls.{call}.type' : property 'type' is missing)]",
            "wants the type of each tool call",
            _PASTED,
        ),
        *(
            Rule(
                f"{name} of the model",
                name,
                more_than_it_gives,
                f"`{name}` must be less than or equal to `{{most}}`, the maximum value for "
                f"`{name}` is less than the `context_window` for this model",
                "gives no more than {most} tokens with {model}",
                Source("pasted", "sst/opencode#1000"),
                param=name,
            )
            for name in ("max_tokens", "max_completion_tokens")
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "Please reduce the length of the messages or completion.",
            "takes no more than {window} tokens with this model",
            _PASTED,
            code="context_length_exceeded",
            param="messages",
        ),
    ),
)
