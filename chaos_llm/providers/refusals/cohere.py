"""What Cohere's chat refuses, in the words of the vendor's list of errors."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.compatible import turns
from chaos_llm.providers.refusals.compatible.foreign import foreign_message, refused
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import (
    more_than_it_gives,
    outside,
    unreadable,
    without,
)
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found, shown
from chaos_llm.providers.refusals.table import RuleTable

_LISTED = Source("documented", "docs.cohere.com/reference/errors")


def _system_later(messages: Any, _request: CheckedRequest) -> Found | None:
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if index and isinstance(message, dict) and message.get("role") == "system":
            return found(index, "role")
    return None


def _empty(message: Any, _request: CheckedRequest) -> Found | None:
    """A message without content; tool calls stand for it."""
    if not isinstance(message, dict) or message.get("tool_calls") or message.get("tool_plan"):
        return None
    return None if message.get("content") else found("content")


def _no_call_id(message: Any, _request: CheckedRequest) -> Found | None:
    is_tool = isinstance(message, dict) and message.get("role") == "tool"
    return found("tool_call_id") if is_tool and not message.get("tool_call_id") else None


def _other_call(call: Any, _request: CheckedRequest) -> Found | None:
    kind = call.get("type", "function") if isinstance(call, dict) else "function"
    return None if kind == "function" else found("type")


def _name(name: Any, _request: CheckedRequest) -> Found | None:
    sound = isinstance(name, str) and name.isascii() and name.isidentifier()
    return None if sound else found(name=shown(name))


def _schema(form: Any, _request: CheckedRequest) -> Found | None:
    schema = form.get("json_schema", form.get("schema")) if isinstance(form, dict) else None
    return None if schema is None or isinstance(schema, dict) else found("json_schema")


def _required(form: Any, _request: CheckedRequest) -> Found | None:
    """A field that is required, and is not there."""
    schema = form.get("json_schema", form.get("schema")) if isinstance(form, dict) else None
    if not isinstance(schema, dict) or not isinstance(schema.get("required"), list):
        return None
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    lost = [name for name in schema["required"] if name not in list(known)]
    return found("json_schema", "required", name=shown(lost[0])) if lost else None


CHAT = RuleTable(
    "cohere v2_chat",
    "Cohere",
    (
        Rule(
            "invalid JSON",
            BODY,
            unreadable,
            "invalid json syntax: {error}",
            "takes a JSON object as its body",
            _LISTED,
        ),
        Rule(
            "model missing",
            BODY,
            without("model"),
            "a model parameter is required for this endpoint.",
            "wants a model",
            _LISTED,
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "model '{model}' not found, make sure the correct model ID was used and that you have "
            "access to the model.",
            "does not serve the model {model}",
            Source("recorded", "of unknown models"),
            kind="not_found",
        ),
        Rule(
            "system turn later",
            "messages",
            _system_later,
            "system turn must be the first in the list",
            "takes a system turn only first",
            _LISTED,
        ),
        Rule(
            "empty message",
            "messages[]",
            _empty,
            "message must not be empty in a turn",
            "takes no empty message",
            _LISTED,
        ),
        refused(
            foreign_message("system", "user", "assistant", "tool"),
            "invalid request: {at} is not supported: {kind}",
            Source("assumed", "the words, not the refusal"),
        ),
        Rule(
            "tool call's type",
            "messages[].tool_calls[]",
            _other_call,
            "tool call must be of type function",
            "takes calls of functions alone",
            _LISTED,
        ),
        Rule(
            "tool_call_id missing",
            "messages[]",
            _no_call_id,
            "tool call id must be provided with tool message",
            "wants to know which call a tool message answers",
            _LISTED,
        ),
        Rule(
            "tool calls of one id",
            "messages[]",
            turns.repeated_calls,
            "cannot have duplicate tool ids",
            "takes no two tool calls of one id",
            _LISTED,
        ),
        Rule(
            "tool result without its call",
            "messages",
            turns.result_of_no_call,
            "tool call id not found in previous tool calls",
            "wants the call of each tool result before it, and misses {id}",
            _LISTED,
        ),
        Rule(
            "tool's name",
            "tools[].function.name",
            _name,
            "invalid request: tool names can only contain certain characters (A-Za-z0-9_) and "
            "can't begin with a digit (provided name: '{name}').",
            "takes no tool of the name '{name}'",
            _LISTED,
        ),
        Rule(
            "temperature",
            "temperature",
            outside(0, 1),
            "invalid request: temperature must be between 0 and 1.0 inclusive.",
            "takes a temperature from 0 to 1",
            _LISTED,
        ),
        *(
            Rule(
                name,
                name,
                outside(0, 1),
                f"invalid request: {name} must be between 0 and 1 inclusive.",
                f"takes a {name} from 0 to 1",
                _LISTED,
            )
            for name in ("presence_penalty", "frequency_penalty")
        ),
        Rule(
            "schema's type",
            "response_format",
            _schema,
            "schema must be an object",
            "wants an object as the schema of an answer",
            _LISTED,
        ),
        Rule(
            "schema's required field",
            "response_format",
            _required,
            "required field name not found in properties",
            "misses the required field '{name}' among the properties",
            _LISTED,
        ),
        Rule(
            "max_tokens of the model",
            "max_tokens",
            more_than_it_gives,
            "too many tokens: max tokens must be less than or equal to {most}, the maximum output "
            "for this model - received {value}.",
            "gives no more than {most} tokens with {model}",
            _LISTED,
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "too many tokens: size limit exceeded by {over} tokens. Try using shorter or fewer "
            "inputs, or setting prompt_truncation='AUTO'.",
            "takes no more than {window} tokens with this model",
            _LISTED,
        ),
    ),
)
