"""What OpenAI's Chat Completions API refuses of tools and parameters, alone and with a model."""

from __future__ import annotations

from types import NoneType

from chaos_llm.providers.refusals.openai import models, schemas, turns
from chaos_llm.providers.refusals.openai.forms import (
    BY_FORM,
    LIVE,
    bounds,
    missing,
    of_other_type,
    one_of,
    too_long,
    too_long_text,
    typed,
)
from chaos_llm.providers.refusals.predicates import empty, more_than_it_gives, unlike, without
from chaos_llm.providers.refusals.rule import Rule, Source


def _tool_rules(*, wrapped: bool) -> tuple[Rule, ...]:
    """What the schemas of tools must be, in chat and in Responses."""
    return (
        Rule(
            "schema's type",
            "tools[]",
            schemas.of_no_object(wrapped=wrapped),
            "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: "
            '"object"\', got \'type: "{type}"\'.',
            "takes the schema of an object as a tool's parameters",
            Source("pasted", "users' reports"),
            code="invalid_function_parameters",
            param="{at}",
        ),
        Rule(
            "array without items",
            "tools[]",
            schemas.of_function("plain", wrapped=wrapped),
            "Invalid schema for function '{name}': In context={context}, {says}",
            "wants to know what an object or an array in a tool's schema is made of",
            Source("pasted", "sigoden/aichat#1049, containers/kubernetes-mcp-server#340"),
            code="invalid_function_parameters",
            param="{at}",
        ),
        Rule(
            "strict schema",
            "tools[]",
            schemas.of_function("strict", wrapped=wrapped),
            "Invalid schema for function '{name}': In context={context}, {says}",
            "wants a strict tool's objects closed, and all of their properties required",
            Source("recorded", "2026"),
            code="invalid_function_parameters",
            param="{at}",
        ),
    )


RESPONSES_TOOLS = _tool_rules(wrapped=False)
TOOLS = (
    typed("functions", "an array of function definitions", list, NoneType),
    missing("function's name", "functions[]", without("name")),
    typed("tools", "an array of objects", list, NoneType),
    Rule(
        "no tool",
        "tools",
        empty,
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty "
        "array instead.",
        "takes no empty list of tools",
        Source("pasted", "users' clients and reports"),
        code="empty_array",
        param="{at}",
    ),
    too_long("tools", 128, Source("client code", "the code; the wording is assumed")),
    missing("tool's type", "tools[]", without("type"), BY_FORM),
    missing("tool's function", "tools[]", turns.tool_without_function),
    missing("tool's name", "tools[].function", without("name")),
    Rule(
        "tool's name empty",
        "tools[].function.name",
        empty,
        "Invalid '{at}': empty string. Expected a string with minimum length 1, but got an empty "
        "string instead.",
        "wants a name for each tool",
        LIVE,
        code="empty_string",
        param="{at}",
    ),
    too_long_text("tools[].function.name", 64, BY_FORM),
    Rule(
        "tool's name",
        "tools[].function.name",
        unlike(r"[a-zA-Z0-9_-]+"),
        "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern "
        "'^[a-zA-Z0-9_-]+$'.",
        "takes no tool of the name '{value}'",
        Source("captured", "retry-probe book chapter, gpt-4o-mini"),
        code="invalid_value",
        param="{at}",
    ),
    *_tool_rules(wrapped=True),
    Rule(
        "tool_choice: type",
        "tool_choice",
        of_other_type(str, dict, NoneType),
        "Invalid type for 'tool_choice': expected one of one of 'none', 'auto', or 'required' or "
        "object, but got {kind} instead.",
        "wants a word or an object as tool_choice",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    one_of("tool_choice", "none", "auto", "required"),
    missing("choice's function", "tool_choice", turns.choice_without_function),
    missing("choice's name", "tool_choice.function", without("name")),
    Rule(
        "forced tool",
        "tool_choice",
        turns.unknown_tool,
        "Invalid value for 'function_call': no function named '{name}' was specified in the "
        "'functions' parameter.",
        "cannot force the tool '{name}', which is not offered",
        LIVE,
        param="function_call",
    ),
)
_INFINITE = float("inf")
METADATA = (
    typed("metadata", "a metadata object", dict, NoneType),
    Rule(
        "metadata size",
        "metadata",
        turns.too_many_metadata,
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with {count} properties instead.",
        "takes at most 16 properties as metadata",
        LIVE,
        code="object_above_max_properties",
        param="metadata",
    ),
    Rule(
        "metadata key",
        "metadata",
        turns.long_metadata_key,
        "Invalid property name in 'metadata': '{key}' is too long. Expected a string with maximum "
        "length 64, but got a string with length {count} instead.",
        "takes no metadata key of more than 64 letters",
        LIVE,
        code="property_name_above_max_length",
        param="{at}",
    ),
    Rule(
        "metadata value",
        "metadata",
        turns.long_metadata_value,
        "Invalid '{at}': string too long. Expected a string with maximum length 512, but got a "
        "string with length {count} instead.",
        "takes no metadata of more than 512 letters",
        LIVE,
        code="string_above_max_length",
        param="{at}",
    ),
)
_TOP_LOGPROBS = (
    Rule(
        "top_logprobs too large",
        "top_logprobs",
        models.too_many_logprobs,
        "Invalid value for 'top_logprobs': must be less than or equal to {most}.",
        "returns at most {most} alternatives of a token",
        LIVE,
        param="{at}",
    ),
    Rule(
        "top_logprobs alone",
        "top_logprobs",
        turns.logprobs_off,
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        "takes top_logprobs only with logprobs",
        LIVE,
        param="{at}",
    ),
)
FIELDS = (
    typed("parallel_tool_calls", "a boolean", bool, NoneType),
    typed("max_completion_tokens", "an integer", int, NoneType),
    *bounds("max_completion_tokens", "integer", 1, _INFINITE),
    typed("max_tokens", "an integer", int, NoneType, source=BY_FORM),
    *bounds("max_tokens", "integer", 1, _INFINITE, BY_FORM),
    typed("n", "an integer", int, NoneType),
    *bounds("n", "integer", 1, _INFINITE),
    Rule(
        "n too large",
        "n",
        models.too_many_choices,
        "Invalid '{at}': integer above maximum value. Expected a value <= {most}, but got {value} "
        "instead.",
        "gives at most {most} answers at once",
        LIVE,
        code="integer_above_max_value",
        param="{at}",
    ),
    typed("temperature", "a decimal", int, float, NoneType),
    *bounds("temperature", "decimal", 0, 2, BY_FORM),
    typed("top_p", "a decimal", int, float, NoneType),
    *bounds("top_p", "decimal", 0, 1, BY_FORM),
    typed("presence_penalty", "a decimal", int, float, NoneType),
    *bounds("presence_penalty", "decimal", -2, 2),
    typed("frequency_penalty", "a decimal", int, float, NoneType),
    *bounds("frequency_penalty", "decimal", -2, 2),
    typed("logprobs", "a boolean", bool, NoneType),
    typed("top_logprobs", "an integer", int, NoneType),
    *bounds("top_logprobs", "integer", 0, _INFINITE),
    typed("user", "a string", str, NoneType),
    typed("seed", "an integer", int, NoneType),
    typed("safety_identifier", "a string", str, NoneType),
    typed("prompt_cache_key", "a string", str, NoneType),
    one_of("service_tier", "auto", "default", "fast", "flex", "priority", also=("scale",)),
    typed("stream", "a boolean", bool, NoneType),
    typed("store", "a boolean", bool, NoneType),
    *METADATA,
    one_of("verbosity", "low", "medium", "high"),
    too_long("stop", 4, BY_FORM),
)
FORMAT = (
    typed("response_format", "an object", dict, NoneType),
    missing("response_format's type", "response_format", without("type")),
    one_of("response_format.type", "json_object", "json_schema", "text"),
    missing("json_schema", "response_format", turns.format_without_schema),
    missing("json_schema's name", "response_format.json_schema", without("name")),
    Rule(
        "name of a schema",
        "response_format.json_schema.name",
        unlike(r"[a-zA-Z0-9_-]+"),
        "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern "
        "'^[a-zA-Z0-9_-]+$'.",
        "takes no schema of the name '{value}'",
        Source("pasted", "users' reports"),
        code="invalid_value",
        param="{at}",
    ),
    Rule(
        "type of an answer",
        "response_format.json_schema",
        schemas.answer_of_no_object,
        "Invalid schema for response_format '{name}': schema must be a JSON Schema of 'type: "
        '"object"\', got \'type: "{type}"\'.',
        "takes the schema of an object for a strict answer",
        Source("pasted", "users' reports"),
        param="response_format",
    ),
    Rule(
        "strict answer",
        "response_format.json_schema",
        schemas.of_answer,
        "Invalid schema for response_format '{name}': In context={context}, {says}",
        "wants a strict answer's objects closed, and all of their properties required",
        Source("client code", "users' clients"),
        param="response_format",
    ),
)
_UNSUPPORTED = "Unsupported parameter: '{at}' is not supported with this model."
CAPABILITY = (
    *(
        Rule(
            f"{name} alone",
            name,
            turns.toolless,
            "Invalid value for '{at}': '{at}' is only allowed when 'tools' are specified.",
            "takes {at} only with tools",
            Source("pasted", "users' clients and reports"),
            param="{at}",
        )
        for name in ("tool_choice", "parallel_tool_calls")
    ),
    Rule(
        "both limits of tokens",
        "max_completion_tokens",
        turns.both_limits,
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "takes max_tokens or max_completion_tokens, not both",
        Source("pasted", "users' issues"),
        code="invalid_parameter_combination",
    ),
    *(
        Rule(
            f"{name} of a reasoning model",
            name,
            wrong,
            _UNSUPPORTED,
            "takes no such parameter with this model",
            source,
            code="unsupported_parameter",
            param="{at}",
        )
        for name, wrong, source in (
            ("stop", models.stop, Source("recorded", "2026")),
            ("logit_bias", models.reasoning, LIVE),
            ("prediction", models.reasoning, LIVE),
            ("presence_penalty", models.while_thinking(0), LIVE),
            ("frequency_penalty", models.while_thinking(0), LIVE),
            ("logprobs", models.while_thinking(False), LIVE),
            ("top_p", models.while_thinking(1), LIVE),
        )
    ),
    Rule(
        "max_tokens of a reasoning model",
        "max_tokens",
        models.reasoning,
        f"{_UNSUPPORTED} Use 'max_completion_tokens' instead.",
        "takes max_completion_tokens with this model",
        LIVE,
        code="unsupported_parameter",
        param="{at}",
    ),
    Rule(
        "temperature of a reasoning model",
        "temperature",
        models.while_thinking(1),
        "Unsupported value: 'temperature' does not support {value} with this model. Only the "
        "default (1) value is supported.",
        "takes no other temperature than 1 with this model",
        Source("captured", "provider dialect matrix FRE-1430, gpt-5.4-mini"),
        code="unsupported_value",
        param="{at}",
    ),
    Rule(
        "reasoning_effort",
        "reasoning_effort",
        models.effort,
        "Unsupported value: 'reasoning_effort' does not support '{value}' with this model. "
        "Supported values are: {efforts}.",
        "has no effort '{value}' with this model",
        LIVE,
        code="unsupported_value",
        param="{at}",
    ),
    *_TOP_LOGPROBS,
    *(
        Rule(
            f"{name} of the model",
            name,
            more_than_it_gives,
            "max_tokens is too large: {value}. This model supports at most {most} completion "
            "tokens, whereas you provided {value}.",
            "gives no more than {most} tokens with {model}",
            Source("pasted", "users' issues; the code is assumed"),
            code="invalid_value",
            param="{at}",
        )
        for name in ("max_tokens", "max_completion_tokens")
    ),
    Rule(
        "stream_options alone",
        "stream_options",
        turns.stream_off,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "takes stream_options only with stream",
        Source("client code", "users' clients"),
        param="{at}",
    ),
)
