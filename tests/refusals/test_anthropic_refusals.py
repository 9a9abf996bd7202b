"""What Anthropic refuses: each rule with a request that breaks it and one that nearly does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.refusal_cases import GONE, Api, Case, check, check_hostile_values, post, rules_of

from chaos_llm import outage
from chaos_llm.profiles.model import Profile
from chaos_llm.providers.signatures import sign

HI = {"role": "user", "content": "hi"}
ANTHROPIC = Api(
    "anthropic messages",
    "https://api.anthropic.com/v1/messages",
    {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"},
    {"model": "claude-sonnet-5", "max_tokens": 4096, "messages": [HI]},
)
COUNT = Api(
    "anthropic count_tokens",
    "https://api.anthropic.com/v1/messages/count_tokens",
    ANTHROPIC.headers,
    {"model": "claude-sonnet-5", "messages": [HI]},
)
OF_ANSWERS = {"max_tokens missing", "context window", "context window with max_tokens"}
OLD, HAIKU = "claude-sonnet-4-5", "claude-haiku-4-5"
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}
TOOL = {"name": "track", "input_schema": SCHEMA}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "track", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "at the depot"}
SIGNED = {"type": "thinking", "thinking": "hm", "signature": "EqQBCgIYAhIkMWIyNDMyYTdiNjU2ZTg5YzM1"}
TEXT = {"type": "text", "text": "c"}
PIXEL = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
DIRECTIVES = "the directive-only form (content: [] with output_config) is accepted at any position"
MANUAL = {"type": "enabled", "budget_tokens": 1024}
DOCS = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
WORDS = "word " * 250_000


def says(*blocks, role="user"):
    """A conversation of one message with these blocks."""
    return {"messages": [{"role": role, "content": list(blocks)}]}


def redacted(data):
    return {"type": "redacted_thinking", "data": data}


def turns(*messages):
    """A conversation of these messages, each a role and its content."""
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


def tools(**changes):
    """One tool with these changes."""
    return {"tools": [{k: v for k, v in {**TOOL, **changes}.items() if v is not GONE}]}


def lacking(block, key):
    return {k: v for k, v in block.items() if k != key}


LOOP = (("user", "where?"), ("assistant", [CALL]), ("user", [RESULT]))
ARRAY = "Input should be a valid array"

FIELDS = (
    Case("invalid JSON", {}, {}, "The request body is not valid JSON: ", raw=b"{"),
    Case(
        "body size",
        {"system": "x" * (32 * 1024 * 1024)},
        {},
        "Request exceeds the maximum allowed number of bytes.",
        413,
    ),
    Case("model missing", {"model": GONE}, {}, "model: Field required"),
    Case("model: type", {"model": 7}, {}, "model: Input should be a valid string"),
    Case("model empty", {"model": ""}, {}, "model: String should have at least 1 character"),
    Case(
        "model retired",
        {"model": "claude-2.1"},
        {"model": "claude-nobody-knows-it"},
        "model: claude-2.1",
        404,
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "claude-next"},
        "model: gpt-4o",
        404,
    ),
    Case("messages missing", {"messages": GONE}, {}, "messages: Field required"),
    Case("messages: type", {"messages": "hi"}, {}, f"messages: {ARRAY}"),
    Case("no message", {"messages": []}, {}, "messages: at least one message is required"),
    Case("system: type", {"system": 7}, {"system": "Be brief."}, f"system: {ARRAY}"),
    Case(
        "system[]: type",
        {"system": ["Be brief."]},
        {"system": [{"type": "text", "text": "Be brief."}]},
        "system.0: Input does not match the expected shape.",
    ),
    Case(
        "thinking: type",
        {"thinking": "high"},
        {"thinking": {"type": "adaptive"}},
        "thinking: Input should be an object",
    ),
    Case(
        "thinking budget",
        {"model": OLD, "thinking": {"type": "enabled", "budget_tokens": 1023}},
        {"model": OLD, "thinking": MANUAL},
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    Case(
        "output_config: type",
        {"output_config": "low"},
        {"output_config": {"effort": "low"}},
        "output_config: Input does not match the expected shape.",
    ),
    Case(
        "cache_control: type",
        {"cache_control": "ephemeral"},
        {"cache_control": {"type": "ephemeral"}},
        "cache_control: Input should be an object",
    ),
    Case("max_tokens missing", {"max_tokens": GONE}, {}, "max_tokens: Field required"),
    Case(
        "max_tokens: type",
        {"max_tokens": "many"},
        {"max_tokens": 1},
        "max_tokens: Input should be a valid integer",
    ),
    Case(
        "max_tokens range",
        {"max_tokens": -1},
        {"max_tokens": 0},
        "max_tokens: must be greater than or equal to 0",
    ),
    Case(
        "max_tokens of the model",
        {"model": OLD, "max_tokens": 64_001},
        {"model": OLD, "max_tokens": 64_000},
        "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for "
        "claude-sonnet-4-5",
    ),
    Case(
        "metadata: type",
        {"metadata": "me"},
        {"metadata": {}},
        "metadata: Input does not match the expected shape.",
    ),
    Case(
        "metadata key",
        {"metadata": {"bogus": "x"}},
        {"metadata": {"user_id": "x"}},
        "metadata.bogus: Extra inputs are not permitted",
    ),
    Case(
        "metadata.user_id: type",
        {"metadata": {"user_id": 7}},
        {"metadata": {"user_id": None}},
        "metadata.user_id: Input should be a valid string",
    ),
    Case(
        "stop_sequences: type",
        {"stop_sequences": "END"},
        {"stop_sequences": ["END"]},
        f"stop_sequences: {ARRAY}",
    ),
    Case(
        "stop_sequences[]: type",
        {"stop_sequences": [1]},
        {"stop_sequences": []},
        "stop_sequences.0: Input should be a valid string",
    ),
    Case(
        "temperature: type",
        {"model": OLD, "temperature": "hot"},
        {"model": OLD, "temperature": 0},
        "temperature: Input should be a valid number",
    ),
    Case(
        "temperature range",
        {"model": OLD, "temperature": 7},
        {"model": OLD, "temperature": 1.0},
        "temperature: range: 0..1",
    ),
    Case(
        "service_tier: type",
        {"service_tier": "flex"},
        {"service_tier": "standard_only"},
        "service_tier: Input should be 'auto' or 'standard_only'",
    ),
    Case(
        "top_k: type",
        {"model": OLD, "top_k": 1.5},
        {"model": OLD, "top_k": 40},
        "top_k: Input should be a valid integer",
    ),
    Case(
        "top_p: type",
        {"model": OLD, "top_p": "wide"},
        {"model": OLD, "top_p": 1},
        "top_p: Input should be a valid number",
    ),
    Case(
        "top_p range",
        {"model": OLD, "top_p": 1.5},
        {"model": OLD, "top_p": 0.5},
        "top_p: range: 0..1",
    ),
    Case(
        "stream: type",
        {"stream": "yes"},
        {"stream": False},
        "stream: Input should be a valid boolean",
    ),
    Case(
        "inference_geo: type",
        {"inference_geo": 7},
        {"inference_geo": None},
        "inference_geo: Input should be a valid string",
    ),
    Case(
        "inference_geo",
        {"inference_geo": "mars"},
        {"inference_geo": "us"},
        "inference_geo: must be one of ['global', 'us']",
    ),
    Case(
        "unknown key",
        {"frequency_penalty": 1},
        {"speed": "fast"},
        "frequency_penalty: Extra inputs are not permitted",
    ),
)

TOOLS = (
    Case(
        "tool_choice: type",
        {"tool_choice": "auto", **tools()},
        {"tool_choice": {"type": "auto"}, **tools()},
        "tool_choice: Input should be an object",
    ),
    Case(
        "tool_choice kind",
        {"tool_choice": {"type": "function"}, **tools()},
        {"tool_choice": {"type": "none"}, **tools()},
        "tool_choice: Input tag 'function' found using 'type' does not match any of the expected "
        "tags: 'auto', 'any', 'tool', 'none'",
    ),
    Case("tools: type", {"tools": {}}, {"tools": []}, f"tools: {ARRAY}"),
    Case("tools[]: type", {"tools": ["track"]}, tools(), "tools.0: Input should be an object"),
    Case(
        "kind of tool",
        tools(type="function"),
        {"tools": [{"type": "web_search_20991231", "name": "web_search"}]},
        "tools.0: Input tag 'function' found using 'type' does not match any of the expected "
        "tags: ",
    ),
    Case(
        "tool's name missing",
        {"tools": [{"function": {"name": "track", "parameters": SCHEMA}}]},
        tools(type="custom"),
        "tools.0.custom.name: Field required",
    ),
    Case(
        "tool's name empty",
        tools(name=""),
        tools(name="t"),
        "tools.0.custom.name: String should have at least 1 character",
    ),
    Case(
        "tool's name",
        tools(name="track order"),
        tools(name="track-order_2"),
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    Case(
        "tool's name twice",
        {"tools": [TOOL, TOOL]},
        {"tools": [TOOL, {**TOOL, "name": "other"}]},
        "tools: Tool names must be unique.",
    ),
    Case(
        "tool's schema missing",
        tools(input_schema=GONE),
        tools(input_schema={"type": "object"}),
        "tools.0.custom.input_schema: Field required",
    ),
    Case(
        "schema's type missing",
        tools(input_schema={"properties": {}}),
        tools(input_schema={"type": "object", "properties": {}}),
        "tools.0.custom.input_schema.type: Field required",
    ),
    Case(
        "schema's type",
        tools(input_schema={"type": "string"}),
        tools(),
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    Case(
        "combined schema",
        tools(input_schema={"type": "object", "anyOf": [SCHEMA]}),
        tools(input_schema={"type": "object", "properties": {"a": {"anyOf": [SCHEMA]}}}),
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the "
        "top level",
    ),
    Case(
        "strict schema",
        tools(strict=True),
        tools(strict=True, input_schema={**SCHEMA, "additionalProperties": False}),
        "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    Case(
        "forced tool",
        {"tool_choice": {"type": "tool", "name": "never_declared"}, **tools()},
        {"tool_choice": {"type": "tool", "name": "track"}, **tools()},
        "Tool 'never_declared' not found in provided tools",
    ),
    Case(
        "any of no tools",
        {"tool_choice": {"type": "any"}},
        {"tool_choice": {"type": "any"}, **tools()},
        "tool_choice.any may only be specified while providing tools",
    ),
)

CONVERSATION = (
    Case("messages[]: type", {"messages": ["hi"]}, {}, "messages.0: Input should be an object"),
    Case("role missing", {"messages": [{"content": "hi"}]}, {}, "messages.0.role: Field required"),
    Case(
        "role",
        turns(("developer", "Be brief."), ("user", "hi")),
        turns(("user", "a"), ("assistant", "b"), ("user", "c")),
        'messages: Unexpected role "developer". Allowed roles are "user" or "assistant"',
    ),
    Case(
        "content missing",
        {"messages": [{"role": "user"}]},
        {},
        "messages.0.content: Field required",
    ),
    Case(
        "messages[].content: type",
        turns(("user", "a"), ("assistant", None)),
        turns(("user", "a"), ("assistant", []), ("user", "b")),
        f"messages.1.content: {ARRAY}",
    ),
    Case(
        "message key",
        {"messages": [{**HI, "name": "Ann"}]},
        {},
        "messages.0.name: Extra inputs are not permitted",
    ),
    Case(
        "messages[].content[]: type",
        says("hi"),
        says({"type": "text", "text": "hi"}),
        "messages.0.content.0: Input should be an object",
    ),
    Case(
        "block's type missing",
        says({"text": "hi"}),
        says({"type": "text", "text": "hi"}),
        "messages.0.content.0.type: Field required",
    ),
    Case(
        "content block",
        says({"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}),
        says({"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}),
        "messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the "
        "expected tags: ",
    ),
    Case(
        "text block's text missing",
        says({"type": "text"}),
        says({"type": "text", "text": "hi"}),
        "messages.0.content.0.text.text: Field required",
    ),
    *(
        Case(
            f"tool_use block's {key} missing",
            turns(LOOP[0], ("assistant", [lacking(CALL, key)]), LOOP[2]),
            turns(*LOOP),
            f"messages.1.content.0.tool_use.{key}: Field required",
        )
        for key in ("id", "name", "input")
    ),
    Case(
        "tool_result block's tool_use_id missing",
        turns(*LOOP[:2], ("user", [lacking(RESULT, "tool_use_id")])),
        turns(*LOOP),
        "messages.2.content.0.tool_result.tool_use_id: Field required",
    ),
    *(
        Case(
            f"thinking block's {key} missing",
            turns(LOOP[0], ("assistant", [lacking(SIGNED, key), CALL]), LOOP[2]),
            turns(LOOP[0], ("assistant", [SIGNED, CALL]), LOOP[2]),
            f"messages.1.content.0.thinking.{key}: Field required",
        )
        for key in ("signature", "thinking")
    ),
    Case(
        "image block's source missing",
        says({"type": "image"}),
        says({"type": "image", "source": PIXEL}),
        "messages.0.content.0.image.source: Field required",
    ),
    Case(
        "tool call's id",
        turns(
            LOOP[0],
            ("assistant", [{**CALL, "id": "call_a|fc_b"}]),
            ("user", [{**RESULT, "tool_use_id": "call_a|fc_b"}]),
        ),
        turns(
            LOOP[0],
            ("assistant", [{**CALL, "id": "call_a-fc_b"}]),
            ("user", [{**RESULT, "tool_use_id": "call_a-fc_b"}]),
        ),
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    Case(
        "tool call's input",
        turns(LOOP[0], ("assistant", [{**CALL, "input": "{}"}]), LOOP[2]),
        turns(*LOOP),
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    Case(
        "image size",
        says({"type": "image", "source": {**PIXEL, "data": "A" * 14_000_000}}),
        says({"type": "image", "source": {**PIXEL, "data": "A" * 13_900_000}}),
        "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 10500000 bytes > "
        "10485760 bytes",
    ),
    Case(
        "image format",
        says({"type": "image", "source": {**PIXEL, "media_type": "image/tiff"}}),
        says({"type": "image", "source": PIXEL}),
        "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', "
        "'image/png', 'image/gif' or 'image/webp'",
    ),
    Case(
        "empty image",
        says({"type": "image", "source": {**PIXEL, "data": ""}}),
        says({"type": "image", "source": PIXEL}),
        "messages.0.content.0.image.source.base64: image cannot be empty",
    ),
    Case(
        "image of another format",
        says({"type": "image", "source": {**PIXEL, "media_type": "image/jpeg"}}),
        says({"type": "image", "source": {**PIXEL, "media_type": "image/png"}}),
        "messages.0.content.0.image.source.base64: The image was specified using the image/jpeg "
        "media type, but the image appears to be a image/png image",
    ),
    Case(
        "image unreadable",
        says({"type": "image", "source": {**PIXEL, "data": "data:image/png;base64,iVBORw0K"}}),
        says({"type": "image", "source": PIXEL}),
        "messages.0.content.0.image.source.base64.data: Could not process image",
    ),
    Case(
        "empty system block",
        {"system": [{"type": "text", "text": ""}]},
        {"system": ""},
        "system: text content blocks must be non-empty",
    ),
    Case(
        "top_k while thinking",
        {"model": OLD, "max_tokens": 4000, "thinking": MANUAL, "top_k": 5},
        {"model": OLD, "max_tokens": 4000, "thinking": MANUAL},
        "`top_k` must be unset when thinking is enabled or in adaptive mode",
    ),
    Case(
        "empty system turn",
        turns(("user", "a"), ("system", [])),
        {"messages": [HI, {"role": "system", "content": [], "output_config": {"effort": "low"}}]},
        "messages.1: system content must contain at least one block",
    ),
    Case(
        "block of a system turn",
        turns(("user", "a"), ("system", [{"type": "image", "source": PIXEL}])),
        turns(("user", "a"), ("system", [{"type": "text", "text": "Be brief."}])),
        "messages.1: role 'system' supports text, tool_addition, and tool_removal blocks only",
    ),
    Case(
        "system turn at the head",
        turns(("system", "Be brief."), ("user", "hi")),
        {"system": "Be brief."},
        "messages.0: use the top-level 'system' parameter for the initial system prompt; "
        + DIRECTIVES,
    ),
    Case(
        "system turn out of place",
        turns(("user", "a"), ("system", "s1"), ("system", "s2"), ("user", "b")),
        turns(("user", "a"), ("system", "s"), ("assistant", "ok"), ("user", "b"), ("system", "t")),
        "messages.2: role 'system' must precede an 'assistant' message or end the array; "
        + DIRECTIVES,
    ),
    Case(
        "blank system turn",
        turns(("user", "a"), ("system", "  ")),
        turns(("user", "a"), ("system", " s ")),
        "messages.1: system text blocks must contain non-whitespace text",
    ),
    Case(
        "empty user turn",
        turns(("user", "a"), ("assistant", "ok"), ("user", []), ("user", "")),
        turns(("user", "a"), ("assistant", "ok"), ("user", []), ("user", "b")),
        "messages.2: user messages must have non-empty content",
    ),
    Case(
        "cache mark on an empty text",
        says({"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}),
        says({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}),
        "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
    ),
    Case(
        "empty text block",
        says({"type": "text", "text": "a"}, {"type": "text", "text": ""}),
        says({"type": "text", "text": "a"}),
        "messages: text content blocks must be non-empty",
    ),
    Case(
        "blank text",
        turns(("user", "a"), ("assistant", "\n"), ("user", "b")),
        turns(("user", "a"), ("assistant", ""), ("user", "b")),
        "messages: text content blocks must contain non-whitespace text",
    ),
    Case(
        "trailing space",
        {"model": OLD, **turns(("user", "a"), ("assistant", "Well, "))},
        {"model": OLD, **turns(("user", "a"), ("assistant", "Well,"))},
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    Case(
        "tool calls of one id",
        turns(*LOOP, ("assistant", [CALL]), ("user", [RESULT])),
        turns(*LOOP, ("assistant", "done"), ("user", "thanks")),
        "messages: `tool_use` ids must be unique",
    ),
    Case(
        "tool call without its result",
        turns(LOOP[0], ("assistant", [CALL, {**CALL, "id": "toolu_2"}]), ("user", "well?")),
        turns(*LOOP[:2], ("user", [RESULT]), ("user", "well?")),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
        "toolu_1, toolu_2. Each `tool_use` block must have a corresponding `tool_result` block in "
        "the next message.",
    ),
    Case(
        "tool result without its call",
        turns(LOOP[0], ("assistant", "soon"), ("user", [RESULT])),
        turns(*LOOP),
        "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous "
        "message.",
    ),
    Case(
        "tool results of one call",
        turns(*LOOP[:2], ("user", [RESULT, RESULT])),
        turns(*LOOP[:2], ("user", [RESULT, {"type": "text", "text": "well?"}])),
        "messages.2.content.1: each tool_use must have a single result. Found multiple "
        "`tool_result` blocks with id: toolu_1",
    ),
    Case(
        "context window",
        {"model": HAIKU, **turns(("user", WORDS))},
        {"model": "claude-sonnet-5", **turns(("user", WORDS))},
        "prompt is too long: 250001 tokens > 200000 maximum",
    ),
    Case(
        "context window with max_tokens",
        {"model": "claude-opus-4-1", "max_tokens": 32_000, **turns(("user", "word " * 199_000))},
        {"model": HAIKU, "max_tokens": 32_000, **turns(("user", "word " * 199_000))},
        "input length and `max_tokens` exceed context limit: 199001 + 32000 > 200000, decrease "
        "input length or `max_tokens` and try again",
    ),
    Case(
        "cache marks",
        says(*[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5),
        says(*[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 4),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
)

THINKING = (
    Case(
        "manual thinking",
        {"thinking": MANUAL},
        {"thinking": {"type": "adaptive"}},
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.',
    ),
    Case(
        "adaptive thinking",
        {"model": HAIKU, "thinking": {"type": "adaptive"}},
        {"model": "claude-opus-4-6", "thinking": {"type": "adaptive"}},
        "adaptive thinking is not supported on this model",
    ),
    Case(
        "effort",
        {"model": HAIKU, "output_config": {"effort": "low"}},
        {"model": "claude-opus-4-5", "output_config": {"effort": "low"}},
        "This model does not support the effort parameter.",
    ),
    Case(
        "thinking budget of all",
        {"model": OLD, "max_tokens": 1024, "thinking": MANUAL},
        {"model": OLD, "max_tokens": 1025, "thinking": MANUAL},
        "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our "
        f"documentation at {DOCS}#max-tokens-and-context-window-size",
    ),
    Case(
        "temperature while thinking",
        {"model": OLD, "thinking": MANUAL, "temperature": 0.2},
        {"model": OLD, "thinking": MANUAL, "temperature": 1},
        "`temperature` may only be set to 1 when thinking is enabled. Please consult our "
        f"documentation at {DOCS}#important-considerations-when-using-extended-thinking",
    ),
    Case(
        "forced tool while thinking",
        {"model": OLD, "thinking": MANUAL, "tool_choice": {"type": "any"}, **tools()},
        {"model": OLD, "thinking": MANUAL, "tool_choice": {"type": "auto"}, **tools()},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    Case(
        "thinking first",
        {
            "model": OLD,
            "thinking": MANUAL,
            **turns(
                ("user", "a"),
                (
                    "assistant",
                    [{"type": "text", "text": "b"}, SIGNED, {"type": "text", "text": "c"}],
                ),
                ("user", "d"),
            ),
        },
        {
            "model": OLD,
            "thinking": MANUAL,
            **turns(
                ("user", "a"), ("assistant", [SIGNED, {"type": "text", "text": "c"}]), ("user", "d")
            ),
        },
        "messages.1.content.0: If an assistant message contains any thinking blocks, the first "
        "block must be `thinking` or `redacted_thinking`. Found `text`.",
    ),
    Case(
        "thinking last",
        turns(("user", "a"), ("assistant", [SIGNED]), ("user", "b")),
        turns(("user", "a"), ("assistant", [SIGNED]), ("assistant", "c"), ("user", "b")),
        "messages.1: The final block in an assistant message cannot be `thinking`.",
    ),
    Case(
        "thinking while off",
        {
            "model": OLD,
            **turns(("user", "a"), ("assistant", [SIGNED, {"type": "text", "text": "c"}])),
        },
        {
            "model": OLD,
            "thinking": MANUAL,
            **turns(("user", "a"), ("assistant", [SIGNED, {"type": "text", "text": "c"}])),
        },
        "messages.1.content.0: When thinking is disabled, an `assistant` message in the final "
        "position cannot contain `thinking`. To use thinking blocks, enable `thinking` in your "
        "request.",
    ),
    Case(
        "thinking lost before tools",
        {"model": OLD, "thinking": MANUAL, **turns(*LOOP), **tools()},
        {
            "model": OLD,
            "thinking": MANUAL,
            **turns(LOOP[0], ("assistant", [SIGNED, CALL]), LOOP[2]),
            **tools(),
        },
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
        "`tool_use`. When `thinking` is enabled, a final `assistant` message must start with a "
        "thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). We "
        "recommend you include thinking blocks from previous turns. To avoid this requirement, "
        f"disable `thinking`. Please consult our documentation at {DOCS}",
    ),
    Case(
        "signature of thinking",
        turns(
            ("user", "a"),
            ("assistant", [{**SIGNED, "signature": "gpt"}, {"type": "text", "text": "c"}]),
            ("user", "b"),
        ),
        turns(("user", "a"), ("assistant", [SIGNED, {"type": "text", "text": "c"}]), ("user", "b")),
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    Case(
        "redacted thinking",
        turns(("user", "a"), ("assistant", [redacted(sign("gemini", "", 7)), TEXT]), ("user", "b")),
        turns(
            ("user", "a"), ("assistant", [redacted(sign("anthropic", "", 7)), TEXT]), ("user", "b")
        ),
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
    ),
    Case(
        "prefill",
        turns(("user", "a"), ("assistant", "{")),
        {"model": OLD, **turns(("user", "a"), ("assistant", "{"))},
        "This model does not support assistant message prefill. The conversation must end with a "
        "user message.",
    ),
    *(
        Case(
            f"{name} of the newest models",
            {name: value},
            {name: value, "model": OLD},
            f"`{name}` is deprecated for this model.",
        )
        for name, value in (("temperature", 0.2), ("top_p", 0.5), ("top_k", 40))
    ),
    Case(
        "temperature beside top_p",
        {"model": OLD, "temperature": 0.2, "top_p": 0.9},
        {"model": "claude-3-7-sonnet", "temperature": 0.2, "top_p": 0.9},
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
)
VERSION = Case(
    "version header",
    {},
    {},
    "anthropic-version: header is required",
    headers={"anthropic-version": GONE},
)
SOUND = Case("", {}, {}, "")
CASES = (*FIELDS, *TOOLS, *CONVERSATION, *THINKING)


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b8_any_value_of_any_field_gets_an_answer(case):
    check_hostile_values(ANTHROPIC, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b1_a_broken_rule_of_anthropic_is_refused_and_the_nearest_valid_request_is_not(case):
    check(ANTHROPIC, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b1_a_count_of_tokens_is_refused_for_the_same(case):
    if case.rule not in OF_ANSWERS:
        check(COUNT, case)
        return
    with outage() as chaos:
        assert post(COUNT, case.refused, case).status_code == 200
        assert chaos.journal[0].broken_rule is None


def test_a_request_without_the_version_header_is_refused():
    with outage():
        reply = post(ANTHROPIC, {}, VERSION)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == VERSION.message


def test_every_rule_of_anthropics_has_its_case():
    assert rules_of(ANTHROPIC.table) == {case.rule for case in (*CASES, VERSION)}


@pytest.mark.parametrize(
    "messages",
    [
        turns(("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")),
        turns(("assistant", "I am here."), ("user", "hi")),
        turns(("user", [{"type": "text", "text": "a"}]), ("assistant", [])),
        turns(("user", "a"), ("system", "s1"), ("system", "s2"), ("assistant", "b"), ("user", "c")),
        turns(*LOOP[:2], ("user", [{"type": "text", "text": "here:"}, RESULT])),
        turns(
            *LOOP, ("assistant", [{**CALL, "id": "b"}]), ("user", [{**RESULT, "tool_use_id": "b"}])
        ),
        turns(("user", "a"), ("assistant", [{"type": "server_tool_use", "id": "srvtoolu_1"}])),
    ],
)
def test_conversations_that_the_api_takes_are_taken(messages):
    with outage():
        reply = post(ANTHROPIC, messages, SOUND)
    assert reply.status_code == 200, reply.text


def test_a_model_is_refused_from_the_day_on_which_it_was_retired():
    body = {"model": "claude-3-7-sonnet-20250219"}
    for day, status in ((18, 200), (19, 404)):
        date = datetime(2026, 2, day, tzinfo=UTC)
        with outage(Profile("a-day", "a healthy one", date, 0.0)):
            reply = post(ANTHROPIC, body, SOUND)
        assert reply.status_code == status
