"""What Anthropic refuses of a request's fields, one by one."""

from __future__ import annotations

from types import NoneType

from chaos_llm.providers.refusals.anthropic import blocks
from chaos_llm.providers.refusals.anthropic.sources import LIVE, TYPES, required, typed
from chaos_llm.providers.refusals.checked_request import BODY, HEADERS, SIZE
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import (
    above,
    below,
    empty,
    keys_other_than,
    more_than_it_gives,
    no_header,
    not_a,
    other_than,
    outside,
    retired,
    unlike,
    unreadable,
    without,
)
from chaos_llm.providers.refusals.rule import Rule, Source

_LARGEST_BODY = 32 * 1024 * 1024
_KNOWN_KEYS = (  # of the types in anthropic 2.14, beta ones included, and older versions' besides
    *("model", "messages", "max_tokens", "system", "tools", "tool_choice", "thinking"),
    *("output_config", "output_format", "cache_control", "metadata", "stop_sequences", "stream"),
    *("temperature", "top_k", "top_p", "service_tier", "container", "inference_geo", "speed"),
    *("diagnostics", "user_profile_id", "workspace_id", "billing_policy", "compaction", "thread"),
    *("context_management", "fallback_credit_token", "fallbacks", "mcp_servers", "betas"),
)
_SHAPE = "Input does not match the expected shape."

REQUEST = (
    Rule(
        "invalid JSON",
        BODY,
        unreadable,
        "The request body is not valid JSON: {error}",
        "takes a JSON object as its body",
        Source("assumed", "no source shows it"),
    ),
    Rule(
        "body size",
        SIZE,
        above(_LARGEST_BODY),
        "Request exceeds the maximum allowed number of bytes.",
        "takes no body of more than 32 MB",
        Source("documented", "platform.claude.com/docs/en/api/errors"),
        kind="too_large",
    ),
)
VERSION = Rule(
    "version header",
    HEADERS,
    no_header("anthropic-version"),
    "anthropic-version: header is required",
    "wants the header anthropic-version",
    Source("pasted", "users' issues"),
)
VERSION_IN_BODY = required(
    "anthropic_version",
    BODY,
    without("anthropic_version"),
    Source("documented", "cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude"),
)
MODEL = (
    required("model", BODY, without("model")),
    typed("model", not_a(str), "a valid string"),
    Rule(
        "model empty",
        "model",
        empty,
        "model: String should have at least 1 character",
        "wants the name of a model",
        LIVE,
    ),
    Rule(
        "model retired",
        "model",
        retired,
        "model: {model}",
        "has not served {model} since {day}",
        Source("recorded", "2025-12 and 2026-08; the days are documented"),
        kind="not_found",
    ),
    Rule(
        "another vendor's model",
        "model",
        of_another_vendor,
        "model: {model}",
        "does not serve the model {model}",
        Source("recorded", "2025-12 and 2026-08, of unknown models"),
        kind="not_found",
    ),
)
MESSAGES_MISSING = required("messages", BODY, without("messages"))
TOOL_CHOICE = (
    typed("tool_choice", not_a(dict), "an object"),
    Rule(
        "tool_choice kind",
        "tool_choice.type",
        other_than("auto", "any", "tool", "none"),
        "tool_choice: Input tag '{value}' found using 'type' does not match any of the expected "
        "tags: 'auto', 'any', 'tool', 'none'",
        "knows no tool_choice '{value}'",
        TYPES,
    ),
)
TOOLS = (
    typed("tools", not_a(list), "a valid array"),
    typed("tools[]", not_a(dict), "an object"),
    Rule(
        "kind of tool",
        "tools[]",
        blocks.unknown_kind_of_tool,
        "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
        "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', "
        "'text_editor_20250429', 'text_editor_20250728', 'tool_search_tool_bm25', "
        "'tool_search_tool_bm25_20251119', 'tool_search_tool_regex', "
        "'tool_search_tool_regex_20251119'",
        "knows no tool of the kind '{kind}'",
        Source("pasted", "anthropics/claude-code#61624"),
    ),
    required("tool's name", "tools[]", blocks.custom_without("name")),
    Rule(
        "tool's name empty",
        "tools[].name",
        empty,
        "tools.{i}.custom.name: String should have at least 1 character",
        "wants a name for each tool",
        LIVE,
    ),
    Rule(
        "tool's name",
        "tools[].name",
        unlike(r"[a-zA-Z0-9_-]{1,128}"),
        "tools.{i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'",
        "takes no tool of the name '{value}'",
        LIVE,
    ),
    Rule(
        "tool's name twice",
        "tools",
        blocks.repeated_tool,
        "tools: Tool names must be unique.",
        "takes no two tools of one name",
        Source("pasted", "anthropics/claude-code#10687, danny-avila/LibreChat#13162"),
    ),
    required("tool's schema", "tools[]", blocks.custom_without("input_schema")),
    required("schema's type", "tools[]", blocks.schema_without_type),
    Rule(
        "schema's type",
        "tools[]",
        blocks.schema_of_no_object,
        "{at}: Input should be 'object'",
        "takes the schema of an object for a tool's input",
        LIVE,
    ),
    Rule(
        "combined schema",
        "tools[]",
        blocks.combined_schema,
        "{at}: input_schema does not support oneOf, allOf, or anyOf at the top level",
        "takes no oneOf, allOf or anyOf at the top of a tool's schema",
        Source("pasted", "BerriAI/litellm#24121"),
    ),
    Rule(
        "strict schema",
        "tools[]",
        blocks.open_strict_schema,
        "{at}: For 'object' type, 'additionalProperties' must be explicitly set to false",
        "wants additionalProperties to be false in a strict tool",
        LIVE,
    ),
)
SYSTEM = (
    typed("system", not_a(str, list), "a valid array"),
    typed("system[]", not_a(dict), "a text block", _SHAPE),
    Rule(
        "empty system block",
        "system[].text",
        empty,
        "system: text content blocks must be non-empty",
        "takes no empty text as its system prompt",
        Source("pasted", "users' issues and clients"),
    ),
)
THINKING = (
    typed("thinking", not_a(dict), "an object"),
    Rule(
        "thinking budget",
        "thinking.budget_tokens",
        below(1024),
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        "takes no thinking budget below 1024",
        Source("pasted", "themaximalist/llm.js#30"),
    ),
)
FIELDS = (
    typed("output_config", not_a(dict), "an object", _SHAPE),
    typed("cache_control", not_a(dict, NoneType), "an object"),
    required("max_tokens", BODY, without("max_tokens")),
    typed("max_tokens", not_a(int), "a valid integer"),
    Rule(
        "max_tokens range",
        "max_tokens",
        below(0),
        "max_tokens: must be greater than or equal to 0",
        "takes no negative max_tokens",
        LIVE,
    ),
    Rule(
        "max_tokens of the model",
        "max_tokens",
        more_than_it_gives,
        "max_tokens: {value} > {most}, which is the maximum allowed number of output tokens for "
        "{model}",
        "gives no more than {most} tokens with {model}",
        Source("pasted", "anthropics/claude-code#11302"),
    ),
    typed("metadata", not_a(dict, NoneType), "an object", _SHAPE),
    Rule(
        "metadata key",
        "metadata",
        keys_other_than(("user_id",)),
        "{at}: Extra inputs are not permitted",
        "knows no key '{key}' in metadata",
        LIVE,
    ),
    typed("metadata.user_id", not_a(str, NoneType), "a valid string"),
    typed("stop_sequences", not_a(list, NoneType), "a valid array"),
    typed("stop_sequences[]", not_a(str), "a valid string"),
    typed("temperature", not_a(int, float), "a valid number"),
    Rule(
        "temperature range",
        "temperature",
        outside(0, 1),
        "temperature: range: 0..1",
        "takes a temperature from 0 to 1",
        LIVE,
    ),
    typed("service_tier", other_than("auto", "standard_only"), "'auto' or 'standard_only'"),
    typed("top_k", not_a(int), "a valid integer"),
    typed("top_p", not_a(int, float), "a valid number"),
    Rule(
        "top_p range",
        "top_p",
        outside(0, 1),
        "top_p: range: 0..1",
        "takes a top_p from 0 to 1",
        LIVE,
    ),
    typed("stream", not_a(bool), "a valid boolean"),
    typed("inference_geo", not_a(str, NoneType), "a valid string"),
    Rule(
        "inference_geo",
        "inference_geo",
        other_than("global", "us", None),
        "inference_geo: must be one of ['global', 'us']",
        "knows no inference_geo '{value}'",
        LIVE,
    ),
)


def _unknown_key(*more: str) -> Rule:
    return Rule(
        "unknown key",
        BODY,
        keys_other_than((*_KNOWN_KEYS, *more)),
        "{at}: Extra inputs are not permitted",
        "knows no key '{key}'",
        LIVE,
    )


UNKNOWN_KEY = _unknown_key()
UNKNOWN_KEY_HOSTED = _unknown_key("anthropic_version", "anthropic_beta")
