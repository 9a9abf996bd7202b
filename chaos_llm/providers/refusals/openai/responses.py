"""What OpenAI's Responses API refuses, in its order.

First a model and an input, then unknown keys, then items and fields, then what the model supports.
Stored objects are not checked: ids of responses, conversations and prompts may be older than the
outage.
"""

from __future__ import annotations

from types import NoneType

from chaos_llm.providers.refusals.checked_request import BODY, bracketed
from chaos_llm.providers.refusals.openai import items, models, schemas, turns
from chaos_llm.providers.refusals.openai.chat_fields import METADATA, RESPONSES_TOOLS
from chaos_llm.providers.refusals.openai.chat_models import without_reasoning
from chaos_llm.providers.refusals.openai.forms import (
    BY_FORM,
    LIVE,
    bounds,
    missing,
    of_other_type,
    one_of,
    typed,
)
from chaos_llm.providers.refusals.openai.responses_input import HEAD, ITEMS
from chaos_llm.providers.refusals.predicates import (
    keys_other_than,
    more_than_it_gives,
    unlike,
    without,
)
from chaos_llm.providers.refusals.rule import Rule, Source
from chaos_llm.providers.refusals.table import RuleTable

_INFINITE = float("inf")
_FIELDS = (
    one_of(
        "include[]",
        *("file_search_call.results", "web_search_call.results", "web_search_call.action.sources"),
        *("message.input_image.image_url", "computer_call_output.output.image_url"),
        *("code_interpreter_call.outputs", "reasoning.encrypted_content"),
        "message.output_text.logprobs",
        noun="include",
    ),
    typed("tools", "an array of tools", list, NoneType),
    missing("tool's type", "tools[]", without("type")),
    missing("tool's name", "tools[]", turns.function_without_name),
    Rule(
        "tool's name",
        "tools[].name",
        unlike(r"[a-zA-Z0-9_-]+"),
        "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern "
        "'^[a-zA-Z0-9_-]+$'.",
        "takes no tool of the name '{value}'",
        BY_FORM,
        code="invalid_value",
        param="{at}",
    ),
    *RESPONSES_TOOLS,
    Rule(
        "tool_choice: type",
        "tool_choice",
        of_other_type(str, dict, NoneType),
        "Invalid type for 'tool_choice': expected one of an object or 'none', 'auto', or "
        "'required', but got {kind} instead.",
        "wants a word or an object as tool_choice",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    one_of("tool_choice", "none", "auto", "required"),
    missing("choice's name", "tool_choice", turns.function_without_name),
    Rule(
        "forced tool",
        "tool_choice",
        turns.choice_of_no_tool,
        "Tool choice '{name}' not found in 'tools' parameter.",
        "cannot force the tool '{name}', which is not offered",
        Source("pasted", "users' issues, of hosted tools"),
        param="{at}",
    ),
    *METADATA,
    typed("text", "an object", dict, NoneType),
    Rule(
        "text's key",
        "text",
        keys_other_than(("format", "verbosity")),
        "Unknown parameter: '{at}'.",
        "knows no key '{key}' in text",
        LIVE,
        code="unknown_parameter",
        param="{at}",
    ),
    one_of("text.format.type", "json_object", "text", "json_schema"),
    missing("format's name", "text.format", turns.format_without_name),
    Rule(
        "type of an answer",
        "text.format",
        schemas.answer_of_no_object,
        "Invalid schema for response_format '{name}': schema must be a JSON Schema of 'type: "
        '"object"\', got \'type: "{type}"\'.',
        "takes the schema of an object for a strict answer",
        Source("pasted", "users' reports"),
        code="invalid_json_schema",
        param="text.format.schema",
    ),
    Rule(
        "strict answer",
        "text.format",
        schemas.of_answer,
        "Invalid schema for response_format '{name}': In context={context}, {says}",
        "wants a strict answer's objects closed, and all of their properties required",
        Source("client code", "users' clients"),
        code="invalid_json_schema",
        param="text.format.schema",
    ),
    one_of("text.verbosity", "low", "medium", "high"),
    typed("temperature", "a decimal", int, float, NoneType),
    *bounds("temperature", "decimal", 0, 2, BY_FORM),
    typed("top_p", "a decimal", int, float, NoneType),
    *bounds("top_p", "decimal", 0, 1, BY_FORM),
    typed("parallel_tool_calls", "a boolean", bool, NoneType),
    typed("stream", "a boolean", bool, NoneType),
    typed("stream_options", "an object", dict, NoneType),
    Rule(
        "stream_options' key",
        "stream_options",
        keys_other_than(("include_obfuscation",)),
        "Unknown parameter: '{at}'.",
        "knows no key '{key}' in stream_options",
        LIVE,
        code="unknown_parameter",
        param="{at}",
    ),
    typed("background", "a boolean", bool, NoneType),
    typed("max_output_tokens", "an integer", int, NoneType),
    *bounds("max_output_tokens", "integer", 16, _INFINITE),
    typed("max_tool_calls", "an integer", int, NoneType),
    *bounds("max_tool_calls", "integer", 1, _INFINITE),
    typed("reasoning", "an object", dict, NoneType),
    one_of("reasoning.effort", "none", "minimal", "low", "medium", "high", "xhigh", "max"),
    one_of("reasoning.summary", "concise", "detailed", "auto"),
    typed("user", "a string", str, NoneType),
    typed("safety_identifier", "a string", str, NoneType),
    typed("prompt_cache_key", "a string", str, NoneType),
    one_of("truncation", "auto", "disabled"),
    typed("instructions", "a string", str, NoneType),
    typed("store", "a boolean", bool, NoneType),
    one_of("service_tier", "auto", "default", "fast", "flex", "priority", also=("scale",)),
    typed("top_logprobs", "an integer", int, NoneType),
    typed("previous_response_id", "a string", str, NoneType),
    Rule(
        "id of a response",
        "previous_response_id",
        unlike("(?:resp.*)?"),
        "Invalid '{at}': '{value}'. Expected an ID that begins with 'resp'.",
        "takes no '{value}' for the id of a response",
        BY_FORM,
        code="invalid_value",
        param="{at}",
    ),
)
_STATE = (
    Rule(
        "conversation beside response",
        "conversation",
        turns.two_pasts,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or "
        "'conversation'.",
        "takes previous_response_id or conversation, not both",
        LIVE,
        code="mutually_exclusive_parameters",
    ),
    Rule(
        "no items",
        "input",
        items.empty_input,
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be "
        "provided.",
        "wants something to answer",
        LIVE,
        code="missing_required_parameter",
    ),
)
_UNSUPPORTED = "Unsupported parameter: '{at}' is not supported with this model."
_CAPABILITY = (
    *(
        Rule(
            f"{name} of a reasoning model",
            name,
            models.while_thinking(default),
            _UNSUPPORTED,
            "takes no such parameter with this model",
            LIVE,
            param="{at}",
        )
        for name, default in (
            ("temperature", 1),
            ("top_p", 1),
            ("presence_penalty", 0),
            ("frequency_penalty", 0),
        )
    ),
    Rule(
        "effort of the model",
        "reasoning.effort",
        models.effort,
        "Unsupported value: '{value}' is not supported with the '{model}' model. Supported values "
        "are: {efforts}.",
        "has no effort '{value}' with this model",
        Source("recorded", "2026-01"),
        code="unsupported_value",
        param="{at}",
    ),
    Rule(
        "effort without reasoning",
        "reasoning.effort",
        without_reasoning,
        "Unsupported parameter: '{at}' is not supported with this model.",
        "takes no effort with a model that does not reason",
        Source("pasted", "users' issues and notes"),
        code="unsupported_parameter",
        param="{at}",
    ),
    *(
        Rule(
            f"logprobs by {name}",
            name,
            wrong,
            "logprobs are not supported with reasoning models.",
            "returns no log probabilities with this model",
            LIVE,
            code="unsupported_parameter",
            param=name.removesuffix("[]"),
        )
        for name, wrong in (
            ("include[]", models.logprobs_included),
            ("top_logprobs", models.while_thinking(0)),
        )
    ),
    Rule(
        "max_output_tokens of the model",
        "max_output_tokens",
        more_than_it_gives,
        "max_output_tokens is too large: {value}. This model supports at most {most} completion "
        "tokens, whereas you provided {value}.",
        "gives no more than {most} tokens with {model}",
        Source("assumed", "as chat says it"),
        code="invalid_value",
        param="{at}",
    ),
)
_CONVERSATION = (
    Rule(
        "JSON unmentioned",
        "text.format.type",
        items.json_unmentioned,
        "Response input messages must contain the word 'json' in some form to use 'text.format' of "
        "type 'json_object'.",
        "wants the word JSON in the input for JSON mode",
        Source("client code", "users' clients and notes"),
        param="text.format",
    ),
    Rule(
        "output without its call",
        "input",
        items.output_without_call,
        "No tool call found for function call output with call_id {id}.",
        "wants the call of each function's output before it, and misses {id}",
        Source("captured", "OpenAI batch capture; openai/codex"),
        param="input",
    ),
    Rule(
        "call without its output",
        "input",
        items.call_without_output,
        "No tool output found for function call {id}.",
        "wants the output of each function's call, and misses {id}",
        Source("pasted", "users' issues"),
        param="input",
    ),
    Rule(
        "reasoning alone",
        "input",
        items.lone_reasoning,
        "Item '{id}' of type 'reasoning' was provided without its required following item.",
        "wants reasoning together with what followed it",
        Source("pasted", "mastra-ai/mastra, sst/opencode#20698"),
        param="input",
    ),
    Rule(
        "foreign ciphertext",
        "input[]",
        items.foreign_cipher,
        "The encrypted content {cipher} could not be verified. Reason: Encrypted content could not "
        "be decrypted or parsed.",
        "reads no reasoning that it has not encrypted itself",
        Source("pasted", "users' issues"),
        code="invalid_encrypted_content",
        param="{at}",
    ),
    Rule(
        "context window",
        BODY,
        models.over_the_input_window,
        "Your input exceeds the context window of this model. Please adjust your input and try "
        "again.",
        "takes no more than {window} tokens with this model",
        Source("client code", "users' clients"),
        code="context_length_exceeded",
        param="input",
    ),
)

RESPONSES = RuleTable(
    "openai responses",
    "OpenAI",
    (*HEAD, *ITEMS, *_FIELDS, *_STATE, *_CAPABILITY, *_CONVERSATION),
    notation=bracketed,
)
