"""What Anthropic refuses of a conversation: roles, blocks, turns, tool calls and thinking."""

from __future__ import annotations

from chaos_llm.providers.refusals.anthropic import blocks, turns
from chaos_llm.providers.refusals.anthropic.images import IMAGES
from chaos_llm.providers.refusals.anthropic.sources import LIVE, TYPES, required, typed
from chaos_llm.providers.refusals.checked_request import BODY
from chaos_llm.providers.refusals.predicates import (
    empty,
    keys_other_than,
    not_a,
    other_than,
    without,
)
from chaos_llm.providers.refusals.rule import Rule, Source

_DIRECTIVES = "the directive-only form (content: [] with output_config) is accepted at any position"
ROLES = (
    typed("messages", not_a(list), "a valid array"),
    Rule(
        "no message",
        "messages",
        empty,
        "messages: at least one message is required",
        "wants at least one message",
        LIVE,
    ),
    typed("messages[]", not_a(dict), "an object", source=TYPES),
    required("role", "messages[]", without("role")),
    Rule(
        "role",
        "messages[].role",
        other_than("user", "assistant", "system"),
        'messages: Unexpected role "{value}". Allowed roles are "user" or "assistant"',
        "takes no role '{value}'",
        LIVE,
    ),
)
CONTENT = (
    required("content", "messages[]", without("content")),
    typed("messages[].content", not_a(str, list), "a valid array"),
    Rule(
        "message key",
        "messages[]",
        keys_other_than(("role", "content", "output_config")),
        "{at}: Extra inputs are not permitted",
        "knows no key '{key}' in a message",
        LIVE,
    ),
    typed("messages[].content[]", not_a(dict), "an object"),
    required("block's type", "messages[].content[]", without("type")),
    Rule(
        "content block",
        "messages[].content[]",
        blocks.unknown_block,
        "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
        "{kinds}",
        "takes no content block '{kind}'",
        Source("pasted", "vercel/ai#22005; the tags are those of anthropic 2.14"),
    ),
)


def _block_rules() -> tuple[Rule, ...]:
    """What a block of each kind must have."""
    kinds = {
        "text": ("text",),
        "tool_use": ("id", "name", "input"),
        "tool_result": ("tool_use_id",),
        "thinking": ("signature", "thinking"),
        "image": ("source",),
    }
    return tuple(
        Rule(
            f"{kind} block's {key} missing",
            "messages[].content[]",
            turns.block_without(kind, key),
            "{at}: Field required",
            f"wants {key} in a {kind} block",
            Source("pasted", "OpenClaw#13826") if key == "signature" else TYPES,
        )
        for kind, keys in kinds.items()
        for key in keys
    )


BLOCKS = (
    *_block_rules(),
    Rule(
        "tool call's id",
        "messages[].content[]",
        turns.call_id,
        "{at}: String should match pattern '^[a-zA-Z0-9_-]+$'",
        "takes no tool call of the id '{id}'",
        Source("pasted", "users' issues"),
    ),
    Rule(
        "tool call's input",
        "messages[].content[]",
        turns.call_input,
        "{at}: Input should be an object",
        "takes an object as a tool call's input",
        TYPES,
    ),
    *IMAGES,
)
CONVERSATION = (
    Rule(
        "empty system turn",
        "messages[]",
        blocks.empty_system_turn,
        "{at}: system content must contain at least one block",
        "takes no empty system turn",
        LIVE,
    ),
    Rule(
        "block of a system turn",
        "messages[]",
        blocks.system_block,
        "{at}: role 'system' supports text, tool_addition, and tool_removal blocks only",
        "takes text alone in a system turn",
        LIVE,
    ),
    Rule(
        "system turn at the head",
        "messages",
        turns.system_turn_at_head,
        "{at}: use the top-level 'system' parameter for the initial system prompt; " + _DIRECTIVES,
        "takes the system prompt beside the messages, not among them",
        LIVE,
    ),
    Rule(
        "system turn out of place",
        "messages",
        turns.system_turn_misplaced,
        "{at}: role 'system' must precede an 'assistant' message or end the array; " + _DIRECTIVES,
        "takes a system turn only before the assistant's or at the end",
        LIVE,
    ),
    Rule(
        "blank system turn",
        "messages[]",
        blocks.blank_system_turn,
        "{at}: system text blocks must contain non-whitespace text",
        "takes no blank text in a system turn",
        LIVE,
    ),
    Rule(
        "empty user turn",
        "messages",
        turns.empty_user_turn,
        "{at}: user messages must have non-empty content",
        "takes no empty message of the user's",
        LIVE,
    ),
    Rule(
        "cache mark on an empty text",
        "messages[].content[]",
        blocks.cached_empty_text,
        "{at}: cache_control cannot be set for empty text blocks",
        "caches no empty text",
        Source("pasted", "anthropics/claude-code#54013"),
    ),
    Rule(
        "empty text block",
        "messages[]",
        blocks.empty_text_block,
        "messages: text content blocks must be non-empty",
        "takes no empty text block",
        Source("pasted", "anthropics/claude-code#59812, #49171"),
    ),
    Rule(
        "blank text",
        "messages[]",
        blocks.blank_text,
        "messages: text content blocks must contain non-whitespace text",
        "takes no text of spaces alone",
        Source("pasted", "anthropics/claude-code#23369, home-assistant/core#175637"),
    ),
    Rule(
        "trailing space",
        "messages",
        blocks.trailing_space,
        "messages: final assistant content cannot end with trailing whitespace",
        "takes no final assistant's words that end with a space",
        Source("assumed", "known; it has no source"),
    ),
)
TOOL_USE = (
    Rule(
        "tool calls of one id",
        "messages",
        turns.call_id_used_twice,
        "messages: `tool_use` ids must be unique",
        "takes no two tool calls of one id",
        Source("client code", "users' clients"),
    ),
    Rule(
        "tool call without its result",
        "messages",
        turns.call_without_result,
        "{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        "wants the result of each tool call in the next message, and misses {ids}",
        Source("pasted", "anthropics/claude-code#8210, #5989, #3512"),
    ),
    Rule(
        "tool result without its call",
        "messages",
        turns.result_without_call,
        "{at}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` "
        "block must have a corresponding `tool_use` block in the previous message.",
        "wants the call of each tool result in the message before it, and misses {id}",
        Source("pasted", "anthropics/claude-code#18947, #13460"),
    ),
    Rule(
        "tool results of one call",
        "messages",
        turns.repeated_result,
        "{at}: each tool_use must have a single result. Found multiple `tool_result` blocks with "
        "id: {id}",
        "takes one result of a tool call, and found two of {id}",
        Source("client code", "users' clients"),
    ),
    Rule(
        "forced tool",
        "tool_choice",
        blocks.unknown_tool,
        "Tool '{name}' not found in provided tools",
        "cannot force the tool '{name}', which is not offered",
        LIVE,
    ),
    Rule(
        "any of no tools",
        "tool_choice",
        blocks.any_of_no_tools,
        "tool_choice.any may only be specified while providing tools",
        "cannot force a tool where none is offered",
        LIVE,
    ),
)
WINDOW = (
    Rule(
        "context window",
        BODY,
        turns.over_the_window,
        "prompt is too long: {tokens} tokens > {window} maximum",
        "takes no more than {window} tokens with this model",
        Source("recorded", "2026-08-19"),
    ),
    Rule(
        "context window with max_tokens",
        "max_tokens",
        turns.over_the_window_with_output,
        "input length and `max_tokens` exceed context limit: {tokens} + {most} > {window}, "
        "decrease input length or `max_tokens` and try again",
        "takes no more than {window} tokens with this model, those of the answer included",
        Source("pasted", "run-llama/llama_index#18520, anthropics/claude-code#476"),
    ),
    Rule(
        "cache marks",
        BODY,
        blocks.too_many_cache_marks,
        "A maximum of 4 blocks with cache_control may be provided. Found {count}.",
        "caches at most 4 blocks, and found {count} marked",
        Source("pasted", "tghamm/Anthropic.SDK#50, continuedev/continue#6937"),
    ),
)
