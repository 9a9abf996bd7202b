"""What DeepSeek's chat refuses."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.compatible import turns
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.openai import turns as openai_turns
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found, shown
from chaos_llm.providers.refusals.table import RuleTable

_ROLES = ("system", "user", "assistant", "tool", "latest_reminder")
_PARTS = ("text", "image_url", "input_audio", "video_url", "file", "refusal")  # no other vendor's
_UNREAD = "Failed to deserialize the JSON body into the target type: messages[{i}]"


def _role(message: Any, request: CheckedRequest) -> Found | None:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role in _ROLES:
        return None
    column = request.wire.body.find(f'"{role}"'.encode()) + len(role) + 2
    return found("role", role=shown(role), column=column)


def _no_role(message: Any, request: CheckedRequest) -> Found | None:
    is_lost = isinstance(message, dict) and "role" not in message
    return found("role", column=len(request.wire.body)) if is_lost else None


def _no_content(message: Any, request: CheckedRequest) -> Found | None:
    """A message without content, as Gemini's are; tool calls stand for it."""
    is_lost = isinstance(message, dict) and not {"content", "tool_calls"}.intersection(message)
    return found("content", column=len(request.wire.body)) if is_lost else None


def _reasoning_lost(messages: Any, request: CheckedRequest) -> Found | None:
    """A tool's call of the current turn without the reasoning that led to it, while it thinks."""
    thinking = request.body.get("thinking")
    thinking_enabled = isinstance(thinking, dict) and thinking.get("type") == "enabled"
    if not request.body.get("tools") or not (thinking_enabled or "reasoner" in request.model):
        return None
    each = messages if isinstance(messages, list) else []
    asks = [i for i, m in enumerate(each) if isinstance(m, dict) and m.get("role") == "user"]
    for index in range(asks[-1] if asks else 0, len(each)):
        if turns.calls_of(each[index]) and not each[index].get("reasoning_content"):
            return found(index, "reasoning_content")
    return None


def _max_tokens(value: Any, request: CheckedRequest) -> Found | None:
    most = request.facts.output
    if most is None or type(value) is not int or 1 <= value <= most:
        return None
    return found(most=most)


CHAT = RuleTable(
    "deepseek chat",
    "DeepSeek",
    (
        Rule(
            "role missing",
            "messages[]",
            _no_role,
            f"{_UNREAD}: missing field `role` at line 1 column {{column}}",
            "wants a role in each message",
            Source("client code", "users' clients; the column is assumed"),
        ),
        Rule(
            "role",
            "messages[]",
            _role,
            f"{_UNREAD}.role: unknown variant `{{role}}`, expected one of `system`, `user`, "
            "`assistant`, `tool`, `latest_reminder` at line 1 column {column}",
            "takes no role '{role}'",
            Source("pasted", "icebear0828/codex-proxy#589"),
        ),
        Rule(
            "content missing",
            "messages[]",
            _no_content,
            f"{_UNREAD}: missing field `content` at line 1 column {{column}}",
            "wants content in each message",
            Source("client code", "users' clients; the column is assumed"),
        ),
        Rule(
            "content part",
            "messages[].content[]",
            turns.other_part(*_PARTS),
            f"{_UNREAD}: data did not match any variant of untagged enum "
            "ChatCompletionRequestContent at line 1 column {size}",
            "takes no content part '{kind}'",
            Source("pasted", "browser-use/web-ui#99, #163; the column is assumed"),
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "Model Not Exist",
            "does not serve the model {model}",
            Source("client code", "users' clients"),
            status=400,
        ),
        Rule(
            "tool call without its result",
            "messages",
            openai_turns.call_without_result,
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
            "wants a tool message for each tool call, and misses {ids}",
            Source("pasted", "agno-agi/agno#3105, smallmain/vscode-unify-chat-provider#248"),
            status=400,
        ),
        Rule(
            "tool result without its call",
            "messages",
            openai_turns.result_without_call,
            "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
            "takes a tool message only behind its tool call",
            Source("pasted", "deepx-code#94"),
            status=400,
        ),
        Rule(
            "reasoning lost",
            "messages",
            _reasoning_lost,
            "The reasoning_content in the thinking mode must be passed back to the API.",
            "wants the reasoning back that led to a tool's call",
            Source("pasted", "users' issues; documented"),
            status=400,
        ),
        Rule(
            "max_tokens",
            "max_tokens",
            _max_tokens,
            "Invalid max_tokens value, the valid range of max_tokens is [1, {most}]",
            "takes max_tokens from 1 to {most}",
            Source("pasted", "users' issues"),
            status=400,
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window_with_output,
            "This model's maximum context length is {window} tokens. However, you requested "
            "{tokens} tokens ({prompt} in the messages, {most} in the completion). Please reduce "
            "the length of the messages or completion.",
            "takes no more than {window} tokens, those of the answer included",
            Source("pasted", "zed-industries/zed#57718"),
            status=400,
        ),
    ),
)
