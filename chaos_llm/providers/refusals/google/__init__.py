"""What Google's generateContent refuses, at the API for developers and on Vertex AI.

What a message names is looked for first, then the contents, then what the model takes.
"""

from __future__ import annotations

from types import NoneType

from chaos_llm.providers.refusals.checked_request import BODY, SIZE
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.google import names, turns
from chaos_llm.providers.refusals.google.values import OF_DEVELOPERS, VALUES
from chaos_llm.providers.refusals.predicates import (
    above,
    not_a,
    outside,
    retired,
    unreadable,
)
from chaos_llm.providers.refusals.rule import Rule, Source
from chaos_llm.providers.refusals.table import RuleTable

_PASTED = Source("pasted", "users' issues")
_KNOWN = Source("assumed", "known; it has no source here")
_LEARN = "https://cloud.google.com/vertex-ai/generative-ai/docs"

_REQUEST = (
    Rule(
        "invalid JSON",
        BODY,
        unreadable,
        "Invalid JSON payload received. {error}",
        "takes a JSON object as its body",
        Source("assumed", "what follows the first sentence"),
    ),
    Rule(
        "body size",
        SIZE,
        above(20 * 1024 * 1024),
        "Request payload size exceeds the limit: 20971520 bytes.",
        "takes no body of more than 20 MB",
        _PASTED,
        kind="too_large",
    ),
    names.unknown_name("unknown field", BODY, names.other_than(names.REQUEST, "")),
    names.unknown_name(
        "content's field", "contents[]", names.other_than(names.CONTENT, "contents[]")
    ),
    names.unknown_name(
        "part's field",
        "contents[].parts[]",
        names.other_than(names.PART, "contents[].parts[]"),
    ),
    names.unknown_name(
        "configuration's field",
        "generationConfig",
        names.other_than(names.CONFIG, "generationConfig"),
    ),
    names.unknown_name("tool's field", "tools[]", names.other_than(names.TOOL, "tools[]")),
    names.unknown_name(
        "function's field",
        "tools[].functionDeclarations[]",
        names.other_than(names.FUNCTION, "tools[].functionDeclarations[]"),
    ),
    *(
        names.unknown_name(f"word of the {name}", path, names.other_in_schema(path))
        for name, path in (
            ("parameters' schema", "tools[].functionDeclarations[].parameters"),
            ("answer's schema", "generationConfig.responseSchema"),
        )
    ),
    Rule(
        "text's type",
        "contents[].parts[].text",
        not_a(str, NoneType),
        "Invalid value at '{at}' (TYPE_STRING), {value}",
        "wants a text here",
        Source("pasted", "users' issues; its end is assumed"),
    ),
    Rule(
        "no contents",
        BODY,
        turns.no_contents,
        "* GenerateContentRequest.contents: contents is not specified\n",
        "wants contents",
        _KNOWN,
    ),
)
_ROLE = Rule(
    "role",
    "contents[]",
    turns.role,
    "Please use a valid role: user, model.",
    "takes no role '{role}'",
    Source("recorded", "2026-08-19, vertex"),
)
_MODEL = Rule(
    "model retired",
    BODY,
    retired,
    "models/{model} is not found for API version v1beta, or is not supported for generateContent. "
    "Call ListModels to see the list of available models and their supported methods.",
    "has not served {model} since {day}",
    Source("recorded", "2026-01-23"),
    kind="not_found",
)
_OTHER_MODEL = Rule(
    "another vendor's model",
    BODY,
    of_another_vendor,
    "models/{model} is not found for API version v1beta, or is not supported for generateContent. "
    "Call ListModels to see the list of available models and their supported methods.",
    "does not serve the model {model}",
    Source("recorded", "2026-01, of unknown models"),
    kind="not_found",
)
_TURNS = (
    Rule(
        "call out of place",
        "contents",
        turns.call_misplaced,
        "Please ensure that function call turn comes immediately after a user turn or after a "
        "function response turn.",
        "takes a function call only behind the user's turn or a function's response",
        _PASTED,
    ),
    Rule(
        "response without its call",
        "contents",
        turns.response_without_call,
        "Please ensure that function response turn comes immediately after a function call turn.",
        "takes a function's response only behind its call",
        Source("client code", "users' clients"),
    ),
    Rule(
        "calls and responses",
        "contents",
        turns.unequal,
        "Please ensure that the number of function response parts is equal to the number of "
        "function call parts of the function call turn.",
        "wants a response for each function call: {calls} calls, {answers} responses",
        Source("pasted", "google-gemini/gemini-cli#26956"),
    ),
    Rule(
        "broken signature",
        "contents[].parts[]",
        turns.broken_signature,
        "Corrupted thought signature.",
        "reads no such thought signature",
        _PASTED,
    ),
)
_CONFIG = (
    Rule(
        "function's name",
        "tools[].functionDeclarations[].name",
        turns.function_name,
        "* GenerateContentRequest.tools[{i}].function_declarations[{j}].name: Invalid function "
        "name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), "
        "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.",
        "takes no function of the name '{value}'",
        _PASTED,
    ),
    Rule(
        "JSON with functions",
        "generationConfig.responseMimeType",
        turns.json_with_functions,
        "Function calling with a response mime type: 'application/json' is unsupported",
        "gives JSON or calls functions with this model, not both",
        _PASTED,
    ),
    Rule(
        "JSON with tools",
        "generationConfig.responseMimeType",
        turns.json_with_tools,
        "Tool use with a response mime type: 'application/json' is unsupported",
        "gives JSON or uses tools with this model, not both",
        _PASTED,
    ),
    Rule(
        "no thinking",
        "generationConfig.thinkingConfig.thinkingBudget",
        turns.no_thinking,
        "Budget 0 is invalid. This model only works in thinking mode.",
        "always thinks with this model",
        _PASTED,
    ),
    Rule(
        "thinking budget",
        "generationConfig.thinkingConfig.thinkingBudget",
        turns.thinking_budget,
        "The thinking budget {value} is invalid. Please choose a value between {least} and {most}.",
        "thinks with a budget from {least} to {most} with this model",
        _PASTED,
    ),
    Rule(
        "thinking level",
        "generationConfig.thinkingConfig.thinkingLevel",
        turns.thinking_level,
        "Thinking level is not supported for this model.",
        "takes no level of thinking with this model",
        _PASTED,
    ),
    Rule(
        "context window",
        BODY,
        turns.over_the_window,
        "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window}).",
        "takes no more than {window} tokens with this model",
        Source("recorded", "2026-08-19, vertex"),
    ),
)
_DEVELOPERS = (
    Rule(
        "no parts",
        "contents[]",
        turns.no_parts,
        "* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.\n",
        "wants parts in each content",
        _KNOWN,
    ),
    Rule(
        "temperature",
        "generationConfig.temperature",
        outside(0, 2),
        "* GenerateContentRequest.generation_config.temperature: temperature must be in the range "
        "[0.0, 2.0].\n",
        "takes a temperature from 0 to 2",
        _KNOWN,
    ),
    Rule(
        "signature lost",
        "contents",
        turns.unsigned_call,
        "Function call `{name}` in the `{index}.` content block is missing a `thought_signature`.",
        "wants the thought signature back with the function call '{name}'",
        Source("documented", "ai.google.dev/gemini-api/docs/thought-signatures"),
    ),
)
_OTHER_PUBLISHERS = Rule(
    "another vendor's model",
    BODY,
    of_another_vendor,
    "Publisher Model `{name}` not found.",
    "does not serve the model {model}",
    Source("recorded", "2026-08-19, of an unknown model"),
    kind="not_found",
)
_UNABLE = "Unable to submit request because "
_VERTEX = (
    Rule(
        "role missing",
        "contents[]",
        turns.role_missing,
        "Please use a valid role: user, model.",
        "wants a role in each content",
        Source("recorded", "2026-08-19"),
    ),
    Rule(
        "no parts",
        "contents[]",
        turns.no_parts,
        f"{_UNABLE}it must include at least one parts field, which describes the prompt input. "
        f"Learn more: {_LEARN}/model-reference/inference",
        "wants parts in each content",
        Source("pasted", "sst/opencode#17519; the link is assumed"),
    ),
    Rule(
        "temperature",
        "generationConfig.temperature",
        outside(0, 2),
        f"{_UNABLE}it has a temperature value of {{value}} but the supported range is from 0 "
        "(inclusive) to 2.0001 (exclusive). Update the value and try again.",
        "takes a temperature from 0 to 2",
        Source("recorded", "2026-08-19"),
    ),
    Rule(
        "maxOutputTokens",
        "generationConfig.maxOutputTokens",
        turns.too_much_output,
        f"{_UNABLE}it has a maxOutputTokens value of {{value}} but the supported range is from 1 "
        "(inclusive) to {end} (exclusive). Update the value and try again.",
        "gives from 1 token to less than {end} with this model",
        _PASTED,
    ),
    Rule(
        "signature lost",
        "contents",
        turns.unsigned_call,
        f"{_UNABLE}function call `default_api:{{name}}` in the {{position}}. content block is "
        f"missing a `thought_signature`. Learn more: {_LEARN.replace('cloud', 'docs.cloud')}"
        "/thought-signatures",
        "wants the thought signature back with the function call '{name}'",
        _PASTED,
    ),
)

GEMINI = RuleTable(
    "gemini generate_content",
    "Gemini",
    (
        *_REQUEST,
        _ROLE,
        _MODEL,
        _OTHER_MODEL,
        *_TURNS,
        *VALUES,
        *_CONFIG,
        *OF_DEVELOPERS,
        *_DEVELOPERS,
    ),
    notation=names.place_of,
    twins=names.snake,
)
VERTEX = RuleTable(
    "vertex generate_content",
    "Vertex AI",
    (*_REQUEST, _ROLE, _OTHER_PUBLISHERS, *_TURNS, *VALUES, *_CONFIG, *_VERTEX),
    notation=names.place_of,
    twins=names.snake,
)
