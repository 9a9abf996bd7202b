"""What OpenAI's Chat Completions API refuses of messages and of how they hold together."""

from __future__ import annotations

from types import NoneType

from chaos_llm.providers.refusals.checked_request import BODY
from chaos_llm.providers.refusals.openai import models, turns
from chaos_llm.providers.refusals.openai.forms import (
    BY_FORM,
    LIVE,
    missing,
    one_of,
    too_long_text,
    typed,
)
from chaos_llm.providers.refusals.predicates import empty, without
from chaos_llm.providers.refusals.rule import Rule, Source

_LONG_ID = Source("pasted", "users' issues")
MESSAGES = (
    typed("messages", "an array of objects", list),
    Rule(
        "no message",
        "messages",
        empty,
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
        "empty array instead.",
        "wants at least one message",
        Source("recorded", "2026"),
        code="empty_array",
        param="{at}",
    ),
    typed("messages[]", "an object", dict),
    missing("role", "messages[]", without("role")),
    one_of("messages[].role", "system", "assistant", "user", "function", "tool", "developer"),
    typed("messages[].content", "one of a string or array of objects", str, list, NoneType),
    typed("messages[].content[]", "an object", dict, source=BY_FORM),
    typed("messages[].content[].image_url", "an object", dict, NoneType, source=BY_FORM),
    missing("part's type", "messages[].content[]", without("type"), BY_FORM),
    one_of(
        "messages[].content[].type",
        *("text", "image_url", "input_audio", "refusal", "audio", "file"),
        noun="content part",
        source=Source("pasted", "users' issues; the list is client code's"),
    ),
    typed("messages[].tool_calls", "an array of objects", list, NoneType),
    Rule(
        "no tool call",
        "messages[].tool_calls",
        empty,
        "Invalid '{at}': empty array. Expected an array with minimum length 1, but got an empty "
        "array instead.",
        "takes no empty list of tool calls",
        LIVE,
        code="empty_array",
        param="{at}",
    ),
    missing("call's id", "messages[].tool_calls[]", turns.call_without("id"), BY_FORM),
    missing("call's type", "messages[].tool_calls[]", turns.call_without("type"), BY_FORM),
    too_long_text("messages[].tool_calls[].id", 40, _LONG_ID),
    too_long_text("messages[].tool_call_id", 40, _LONG_ID),
    typed("messages[].tool_calls[].function.arguments", "a string", str, source=BY_FORM),
    missing("tool_call_id", "messages[]", turns.tool_without_id, BY_FORM),
    missing("developer's content", "messages[]", turns.developer_without_content),
    Rule(
        "developer's content null",
        "messages[]",
        turns.developer_with_null,
        "Invalid type for '{at}': expected one of a string or array of objects, but got null "
        "instead.",
        "wants content in a developer's message",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    too_long_text("messages[].content", 10_485_760, Source("pasted", "users' issues")),
)


_REDUCE = "Please reduce the length of the messages"
CONVERSATION = (
    Rule(
        "content missing",
        "messages[]",
        turns.lacks_content,
        "Invalid value for 'content': expected a string, got null.",
        "wants content in a message without tool calls",
        LIVE,
        param="messages.[{i}].content",
    ),
    Rule(
        "tool call without its result",
        "messages",
        turns.call_without_result,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: {ids}",
        "wants a tool message for each tool call, and misses {ids}",
        Source("pasted", "sdcb/chats#132"),
        param="messages.[{i}].role",
    ),
    Rule(
        "tool result without its call",
        "messages",
        turns.result_without_call,
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
        "with 'tool_calls'.",
        "takes a tool message only behind its tool call",
        Source("pasted", "sdcb/chats#132, CopilotKit/CopilotKit#1714"),
        param="messages.[{i}].role",
    ),
    Rule(
        "JSON unmentioned",
        "response_format.type",
        turns.json_unmentioned,
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        "'json_object'.",
        "wants the word JSON in a message for JSON mode",
        Source("assumed", "captured by the dialect matrix FRE-1430, but for its wording"),
        param="messages",
    ),
    *(
        Rule(
            name,
            BODY,
            wrong,
            message,
            "takes no more than {window} tokens with this model",
            source,
            code="context_length_exceeded",
            param="messages",
        )
        for name, wrong, message, source in (
            (
                "context window",
                models.over_the_window,
                "This model's maximum context length is {window} tokens. However, your messages "
                f"resulted in {{tokens}} tokens. {_REDUCE}.",
                Source("captured", "retry-probe book chapter, gpt-4o-mini"),
            ),
            (
                "context window with tools",
                models.over_the_window_with_tools,
                "This model's maximum context length is {window} tokens. However, your messages "
                "resulted in {tokens} tokens ({prompt} in the messages, {tools} in the functions). "
                f"{_REDUCE} or functions.",
                Source("captured", "retry-probe book chapter; the last words are client code's"),
            ),
            (
                "context window with the answer",
                models.over_the_small_window,
                "This model's maximum context length is {window} tokens. However, you requested "
                "{tokens} tokens ({prompt} in the messages, {most} in the completion). "
                f"{_REDUCE} or completion.",
                Source("pasted", "users' issues of the first models"),
            ),
        )
    ),
)
