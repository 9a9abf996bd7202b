"""What Mistral's chat refuses.

A body with a field that is not there is a 422 with the place of each; the order of turns is checked
by the validator of mistral-common, which is public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.compatible import turns
from chaos_llm.providers.refusals.compatible.foreign import foreign_message
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import empty, unlike
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found, shown
from chaos_llm.providers.refusals.table import RuleTable

_VALIDATOR = Source("server code", "mistralai/mistral-common, validator.py")
_PASTED = Source("pasted", "users' issues; mistralai/mistral-common, validator.py")
_KEYS = (  # of mistralai 3.7, and one that OpenAI's SDK sends
    *("frequency_penalty", "guardrails", "logprobs", "max_tokens", "messages", "metadata"),
    *("min_tokens", "model", "n", "parallel_tool_calls", "prediction", "presence_penalty"),
    *("prompt_cache_key", "prompt_logprobs", "prompt_mode", "random_seed", "reasoning_effort"),
    *("repetition_penalty", "response_format", "safe_prompt", "service_tier", "stop", "stream"),
    *("temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p"),
    *("top_prompt_logprobs", "stream_options"),
)
_MEMBERS: Mapping[str, frozenset[str]] = {
    "system": frozenset(("content", "role", "name")),
    "user": frozenset(("content", "role", "name")),
    "assistant": frozenset(("content", "prefix", "role", "tool_calls", "name")),
    "tool": frozenset(("content", "name", "role", "tool_call_id")),
}
# Models whose tokenizers are of version 3 to 11; newer ones take any id.
_SHORT_IDS = re.compile(
    r"open-|pixtral|mistral-(?:tiny|large-24|small-24|small-250[1-6])|ministral-\w+-2410|codestral-2[45]01"
)
_ID = re.compile(r"[a-zA-Z0-9]{9}")
_FOREIGN = foreign_message(*_MEMBERS, typeless="text")


def _extra(words: Mapping[str, object]) -> dict[str, Any]:
    """The 422 of a field that is not there."""
    problem = {"type": "extra_forbidden", "loc": words["loc"]}
    return {
        "detail": [{**problem, "msg": "Extra inputs are not permitted", "input": words["sent"]}]
    }


def _other_role(words: Mapping[str, object]) -> dict[str, Any]:
    """The 422 for a message with an unknown role."""
    message = (
        f"Input tag '{words['role']}' found using 'role' does not match any of the expected tags: "
        "'system', 'user', 'assistant', 'tool'"
    )
    problem = {"type": "union_tag_invalid", "loc": words["loc"], "msg": message}
    return {"detail": [{**problem, "input": words["sent"]}]}


def _other_part(words: Mapping[str, object]) -> dict[str, Any]:
    """The 422 for a part of another vendor's."""
    message = (
        f"Input tag '{words['kind']}' found using 'type' does not match any of the expected tags: "
        "'text', 'image_url', 'document_url', 'input_audio', 'file', 'reference', 'thinking'"
    )
    problem = {"type": "union_tag_invalid", "loc": words["loc"], "msg": message}
    return {"detail": [{**problem, "input": words["sent"]}]}


def _unknown_key(body: Any, _request: CheckedRequest) -> Found | None:
    key = next((key for key in body if key not in _KEYS), None)
    if key is None:
        return None
    return found(key, key=shown(key), loc=["body", key], sent=body[key])


def _role(messages: Any, _request: CheckedRequest) -> Found | None:
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(role, str) or role not in _MEMBERS:
            place = ["body", "messages", index]
            return found(index, "role", role=shown(role), loc=place, sent=message)
    return None


def _unknown_member(messages: Any, _request: CheckedRequest) -> Found | None:
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        role = str(message.get("role"))
        key = next((key for key in message if key not in _MEMBERS[role]), None)
        if key is not None:
            place = ["body", "messages", index, role, key]
            return found(index, key, key=shown(key), loc=place, sent=message[key])
    return None


def _foreign_part(messages: Any, request: CheckedRequest) -> Found | None:
    """A part of another vendor's; Mistral's own thinking is taken."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        wrong = _FOREIGN(message, request)
        if wrong is not None and len(wrong.at) > 1:
            part = message["content"][wrong.at[-1]]
            place = ["body", "messages", index, message["role"], "content", wrong.at[-1]]
            return found(index, *wrong.at, kind=wrong.values["kind"], loc=place, sent=part)
    return None


def _long_id(call: Any, request: CheckedRequest) -> Found | None:
    sent = call.get("id") if isinstance(call, dict) else None
    if not isinstance(sent, str) or _ID.fullmatch(sent) or not _SHORT_IDS.match(request.model):
        return None
    return found("id", id=shown(sent))


def _no_id(call: Any, _request: CheckedRequest) -> Found | None:
    sent = call.get("id", "null") if isinstance(call, dict) else "an id"
    return found("id") if sent in ("", "null", None) else None


def _of_order(name: str, wrong: Wrong, message: str, why: str, source: Source) -> Rule:
    """A rule about which messages follow which."""
    kind = "invalid_request_message_order"
    return Rule(name, "messages", wrong, message, why, source, type=kind, code="3230")


CHAT = RuleTable(
    "mistral chat",
    "Mistral",
    (
        Rule(
            "unknown key",
            BODY,
            _unknown_key,
            "Extra inputs are not permitted",
            "knows no key '{key}'",
            Source("pasted", "editor-code-assistant/eca#231, charmbracelet/crush#1590"),
            status=422,
            type="invalid_request_error",
            details=_extra,
        ),
        _of_order(
            "no message",
            empty,
            "Conversation must have at least one message",
            "wants at least one message",
            _VALIDATOR,
        ),
        Rule(
            "role",
            "messages",
            _role,
            "Input tag '{role}' found using 'role' does not match any of the expected tags",
            "takes no role '{role}'",
            Source("assumed", "by the form of pydantic's other errors"),
            status=422,
            type="invalid_request_error",
            details=_other_role,
        ),
        Rule(
            "another vendor's content part",
            "messages",
            _foreign_part,
            "Input tag '{kind}' found using 'type' does not match any of the expected tags",
            "takes no content part '{kind}'",
            Source("assumed", "by the form of pydantic's other errors"),
            status=422,
            type="invalid_request_error",
            details=_other_part,
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "Invalid model: {model}",
            "does not serve the model {model}",
            Source("client code", "users' clients and reports"),
            type="invalid_model",
            code="1500",
        ),
        Rule(
            "message's key",
            "messages",
            _unknown_member,
            "Extra inputs are not permitted",
            "knows no key '{key}' in a message",
            Source("pasted", "editor-code-assistant/eca#231, openclaude#739"),
            status=422,
            type="invalid_request_error",
            details=_extra,
        ),
        Rule(
            "function's name",
            "tools[].function.name",
            unlike(r"[a-zA-Z0-9_-]{1,64}"),
            "Function name was {value} but must be a-z, A-Z, 0-9, or contain underscores and "
            "dashes, with a maximum length of 64.",
            "takes no function of the name '{value}'",
            _VALIDATOR,
            type="invalid_request_error",
        ),
        _of_order(
            "first role",
            turns.first_is_assistants,
            "Conversation must start with a user message or system message",
            "wants the user's or a system message first",
            _VALIDATOR,
        ),
        _of_order(
            "order of roles",
            turns.role_after(("assistant", "system"), ("system", "tool"), ("user", "tool")),
            "Unexpected role '{role}' after role '{before}'",
            "takes no message of '{role}' behind one of '{before}'",
            _PASTED,
        ),
        _of_order(
            "last role",
            turns.last_is_assistants,
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
            "assistant",
            "wants the user's or a tool's message last, or a prefix",
            _PASTED,
        ),
        Rule(
            "tool call without id",
            "messages[].tool_calls[]",
            _no_id,
            "Tool call id has to be defined.",
            "wants an id for each tool call",
            _VALIDATOR,
            type="invalid_function_call",
            code="3280",
        ),
        Rule(
            "tool call's id",
            "messages[].tool_calls[]",
            _long_id,
            "Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.",
            "takes no tool call of the id '{id}' with this model",
            _PASTED,
            type="invalid_function_call",
            code="3280",
        ),
        Rule(
            "tool calls of one id",
            "messages[]",
            turns.repeated_calls,
            "Duplicate tool call id {id} in assistant message",
            "takes no two tool calls of one id",
            _VALIDATOR,
            type="invalid_request_error",
        ),
        Rule(
            "tool results of one call",
            "messages",
            turns.repeated_results,
            "Duplicate tool call id {id} in tool results",
            "takes one result of a tool call, and found two of {id}",
            _VALIDATOR,
            type="invalid_request_error",
        ),
        Rule(
            "tool result without its call",
            "messages",
            turns.result_of_no_call,
            "Unexpected tool call id {id} in tool results",
            "wants the call of each tool result before it, and misses {id}",
            _VALIDATOR,
            type="invalid_request_error",
        ),
        _of_order(
            "calls and results",
            turns.unequal_results,
            "Not the same number of function calls and responses",
            "wants a result for each tool call: {calls} calls, {results} results",
            _PASTED,
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "Prompt contains {tokens} tokens and 0 draft tokens, too large for model with {window} "
            "maximum context length",
            "takes no more than {window} tokens with this model",
            Source("pasted", "users' issues and clients"),
            type="invalid_request_error",
        ),
    ),
)
