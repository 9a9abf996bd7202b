"""What generateContent refuses, for developers and on Vertex: each rule with its two requests."""

from __future__ import annotations

import pytest
from support.refusal_cases import GONE, Api, Case, check, check_hostile_values, post, rules_of

from chaos_llm import outage

GOOGLE = "https://generativelanguage.googleapis.com/v1beta/models"
CLOUD = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1"
FLASH, PRO, NEWEST = "gemini-2.5-flash", "gemini-2.5-pro", "gemini-3.1-pro-preview"
HI = {"role": "user", "parts": [{"text": "hi"}]}


def at(model, *, cloud=False):
    """The address of a model."""
    base = f"{CLOUD}/publishers/google/models" if cloud else GOOGLE
    return {"$url": f"{base}/{model}:generateContent"}


GEMINI = Api(
    "gemini generate_content",
    at(FLASH)["$url"],
    {"x-goog-api-key": "k"},
    {"contents": [HI]},
)
VERTEX = Api(
    "vertex generate_content",
    at(FLASH, cloud=True)["$url"],
    {"authorization": "Bearer ya29.k"},
    {"contents": [HI]},
)
SCHEMA = {"type": "OBJECT", "properties": {"order": {"type": "STRING"}}}
FUNCTION = {"name": "track", "parameters": SCHEMA}
CALL = {"functionCall": {"name": "track", "args": {}}}
SIGNED = {**CALL, "thoughtSignature": "CiQBVKhc7g=="}
ANSWER = {"functionResponse": {"name": "track", "response": {"at": "the depot"}}}
WORDS = "word " * 1_200_000


def says(*contents):
    """A conversation: each content a role and its parts."""
    return {"contents": [{"role": role, "parts": list(parts)} for role, *parts in contents]}


def function(**changes):
    made = {k: v for k, v in {**FUNCTION, **changes}.items() if v is not GONE}
    return {"tools": [{"functionDeclarations": [made]}]}


def configured(**fields):
    return {"generationConfig": fields}


def unknown(rule, refused, accepted, name, place):
    where = f" at '{place}'" if place else ""
    message = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    violation = {"field": place, "description": message}
    details = [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    ]
    return Case(rule, refused, accepted, message, more={"details": details, "code": 400})


INVALID = {"status": "INVALID_ARGUMENT", "code": 400}
LOOP = (("user", {"text": "where?"}), ("model", CALL), ("user", ANSWER))
JSON = {"responseMimeType": "application/json"}
BOTH = (
    Case(
        "fields of a function's call",
        says(LOOP[0], ("model", {"functionCall": {"name": "track", "args": "{}"}}), LOOP[2]),
        says(*LOOP),
        "Invalid value at 'contents[1].parts[0].function_call.args' "
        '(type.googleapis.com/google.protobuf.Struct), "{}"',
        more=INVALID,
    ),
    Case(
        "fields of a function's response",
        says(*LOOP[:2], ("user", {"functionResponse": {"name": "track", "response": "the depot"}})),
        says(*LOOP),
        "Invalid value at 'contents[2].parts[0].function_response.response' "
        '(type.googleapis.com/google.protobuf.Struct), "the depot"',
        more=INVALID,
    ),
    Case(
        "two functions of one name",
        {"tools": [{"functionDeclarations": [FUNCTION]}, {"functionDeclarations": [FUNCTION]}]},
        function(),
        "Duplicate function declaration found: track",
        more=INVALID,
    ),
    Case(
        "budget beside level",
        configured(thinkingConfig={"thinkingBudget": 1024, "thinkingLevel": "low"}),
        configured(thinkingConfig={"thinkingBudget": 1024}),
        "You can only set only one of thinking budget and thinking level.",
        more=INVALID,
    ),
    Case("invalid JSON", {}, {}, "Invalid JSON payload received. ", more=INVALID, raw=b"{,}"),
    Case(
        "body size",
        says(("user", {"text": "x" * (20 * 1024 * 1024)})),
        {},
        "Request payload size exceeds the limit: 20971520 bytes.",
        more=INVALID,
    ),
    unknown(
        "unknown field",
        {"max_completion_tokens": 9},
        {"safety_settings": []},
        "max_completion_tokens",
        "",
    ),
    unknown(
        "content's field",
        {"contents": [{"role": "user", "content": "hi"}]},
        {},
        "content",
        "contents[0]",
    ),
    unknown(
        "part's field",
        says(("user", {"type": "text", "text": "hi"})),
        says(("user", {"inline_data": {"mime_type": "image/png", "data": ""}})),
        "type",
        "contents[0].parts[0]",
    ),
    unknown(
        "configuration's field",
        configured(maxTokens=9),
        {"generation_config": {"max_output_tokens": 9}},
        "maxTokens",
        "generation_config",
    ),
    unknown(
        "tool's field",
        {"tools": [{"type": "function", "function": FUNCTION}]},
        {"tools": [{"googleSearch": {}}]},
        "type",
        "tools[0]",
    ),
    unknown(
        "function's field",
        function(strict=True),
        function(parametersJsonSchema={"type": "object"}, parameters=GONE),
        "strict",
        "tools[0].function_declarations[0]",
    ),
    unknown(
        "word of the parameters' schema",
        function(parameters={"type": "OBJECT", "properties": {"a": {"const": 1}}}),
        function(parameters={"type": "OBJECT", "properties": {"a": {"enum": ["1"]}}}),
        "const",
        "tools[0].function_declarations[0].parameters.properties[0].value",
    ),
    unknown(
        "word of the answer's schema",
        configured(**JSON, responseSchema={"$schema": "x", "type": "OBJECT"}),
        configured(**JSON, responseJsonSchema={"$schema": "x", "type": "object"}),
        "$schema",
        "generation_config.response_schema",
    ),
    Case(
        "text's type",
        says(("user", {"text": 7})),
        says(("user", {"text": "hi"})),
        "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7",
        more=INVALID,
    ),
    Case(
        "no contents",
        {"contents": []},
        {},
        "* GenerateContentRequest.contents: contents is not specified\n",
        more=INVALID,
    ),
    Case(
        "role",
        says(("assistant", {"text": "hi"})),
        says(("user", {"text": "a"}), ("model", {"text": "b"}), ("user", {"text": "c"})),
        "Please use a valid role: user, model.",
        more=INVALID,
    ),
    Case(
        "call out of place",
        says(*LOOP[1:]),
        says(LOOP[0], ("model", {"text": "well"}), *LOOP[1:]),  # as google-genai's chats send it
        "Please ensure that function call turn comes immediately after a user turn or after a "
        "function response turn.",
        more=INVALID,
    ),
    Case(
        "response without its call",
        says(LOOP[0], ("model", {"text": "well"}), LOOP[2]),
        says(*LOOP),
        "Please ensure that function response turn comes immediately after a function call turn.",
        more=INVALID,
    ),
    Case(
        "calls and responses",
        says(LOOP[0], ("model", CALL, CALL), LOOP[2]),
        says(LOOP[0], ("model", CALL, CALL), ("function", ANSWER), ("function", ANSWER)),
        "Please ensure that the number of function response parts is equal to the number of "
        "function call parts of the function call turn.",
        more=INVALID,
    ),
    Case(
        "broken signature",
        says(LOOP[0], ("model", {**CALL, "thoughtSignature": "no base64!"}), LOOP[2]),
        says(LOOP[0], ("model", SIGNED), LOOP[2]),
        "Corrupted thought signature.",
        more=INVALID,
    ),
    Case(
        "function's name",
        function(name="1 track"),
        function(name="_track.order:2-a"),
        "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. "
        "Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), "
        "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.",
        more=INVALID,
    ),
)


def of_models(*, cloud):
    """The cases that depend on the model."""
    return (
        Case(
            "JSON with functions",
            {**function(), **configured(**JSON)},
            {**function(), **configured(**JSON), **at("gemini-3.5-flash", cloud=cloud)},
            "Function calling with a response mime type: 'application/json' is unsupported",
            more=INVALID,
        ),
        Case(
            "JSON with tools",
            {"tools": [{"google_search": {}}], **configured(**JSON)},
            {"tools": [{"google_search": {}}]},
            "Tool use with a response mime type: 'application/json' is unsupported",
            more=INVALID,
        ),
        Case(
            "no thinking",
            {**at(PRO, cloud=cloud), **configured(thinkingConfig={"thinkingBudget": 0})},
            configured(thinkingConfig={"thinkingBudget": 0}),
            "Budget 0 is invalid. This model only works in thinking mode.",
            more=INVALID,
        ),
        Case(
            "thinking budget",
            configured(thinkingConfig={"thinkingBudget": 32_000}),
            {**at(PRO, cloud=cloud), **configured(thinkingConfig={"thinkingBudget": 32_000})},
            "The thinking budget 32000 is invalid. Please choose a value between 0 and 24576.",
            more=INVALID,
        ),
        Case(
            "thinking level",
            configured(thinkingConfig={"thinkingLevel": "LOW"}),
            {**at(NEWEST, cloud=cloud), **configured(thinkingConfig={"thinkingLevel": "LOW"})},
            "Thinking level is not supported for this model.",
            more=INVALID,
        ),
        Case(
            "context window",
            says(("user", {"text": WORDS})),
            says(("user", {"text": "word " * 1_000_000})),
            "The input token count (1200001) exceeds the maximum number of tokens allowed "
            "(1048576).",
            more=INVALID,
        ),
        Case(
            "signature lost",
            {**at(NEWEST, cloud=cloud), **says(*LOOP)},
            {
                **at(NEWEST, cloud=cloud),
                **says(LOOP[0], ("model", SIGNED, CALL), ("user", ANSWER, ANSWER)),
            },
            "Unable to submit request because function call `default_api:track` in the 2. content "
            "block is missing a `thought_signature`. Learn more: "
            "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
            if cloud
            else "Function call `track` in the `1.` content block is missing a "
            "`thought_signature`.",
            more=INVALID,
        ),
    )


DEVELOPERS = (
    Case(
        "part: type",
        {"contents": [{"role": "user", "parts": ["hi"]}]},
        {},
        "Invalid value at 'contents[0].parts[0]' "
        '(type.googleapis.com/google.ai.generativelanguage.v1beta.Part), "hi"',
        more=INVALID,
    ),
    Case(
        "empty part",
        says(("user", {"text": ""})),
        says(("user", {"text": "hi"}), ("model", {"text": "", "thoughtSignature": "CiQBVKhc7g=="})),
        "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have "
        "one initialized field",
        more=INVALID,
    ),
    Case(
        "types of the schema of a function",
        function(parameters={"type": "OBJECT", "properties": {"a": {"type": ["STRING", "NULL"]}}}),
        function(parameters={"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}),
        'Invalid JSON payload received. Unknown name "type" at '
        "'tools[0].function_declarations[0].parameters.properties[0].value': Proto field is not "
        "repeating, cannot start list.",
        more=INVALID,
    ),
    Case(
        "types of the schema of an answer",
        configured(responseMimeType="application/json", responseSchema={"type": ["STRING"]}),
        configured(responseMimeType="application/json", responseSchema={"type": "STRING"}),
        'Invalid JSON payload received. Unknown name "type" at '
        "'generation_config.response_schema': Proto field is not repeating, cannot start list.",
        more=INVALID,
    ),
    Case(
        "schema of a function",
        function(parameters={"type": "OBJECT", "properties": {"orderIds": {"type": "ARRAY"}}}),
        function(parameters=SCHEMA),
        "* GenerateContentRequest.tools[0].function_declarations[0].parameters."
        "properties[orderIds].items: missing field.",
        more=INVALID,
    ),
    Case(
        "schema of an answer",
        configured(
            responseMimeType="application/json", responseSchema={**SCHEMA, "required": ["a"]}
        ),
        configured(
            responseMimeType="application/json", responseSchema={**SCHEMA, "required": ["order"]}
        ),
        "* GenerateContentRequest.generation_config.response_schema.required[0]: property is not "
        "defined",
        more=INVALID,
    ),
    Case(
        "responseMimeType",
        configured(responseMimeType="text/html"),
        configured(responseMimeType="text/x.enum"),
        "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are "
        "`text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.",
        more=INVALID,
    ),
    Case(
        "search beside functions",
        {"tools": [{"googleSearch": {}}, *function()["tools"]]},
        {**at(NEWEST), "tools": [{"googleSearch": {}}, *function()["tools"]]},
        "Tool use with function calling is unsupported",
        more=INVALID,
    ),
    *BOTH,
    *of_models(cloud=False),
    Case(
        "model retired",
        at("gemini-1.5-flash"),
        at("gemini-9"),
        "models/gemini-1.5-flash is not found for API version v1beta, or is not supported for "
        "generateContent. Call ListModels to see the list of available models and their supported "
        "methods.",
        404,
        more={"status": "NOT_FOUND"},
    ),
    Case(
        "another vendor's model",
        at("gpt-4o"),
        at("our-model"),
        "models/gpt-4o is not found for API version v1beta, or is not supported for "
        "generateContent. ",
        404,
        more={"status": "NOT_FOUND"},
    ),
    Case(
        "no parts",
        {"contents": [HI, {"role": "model", "parts": []}]},
        {"contents": [{"parts": [{"text": "hi"}]}]},
        "* GenerateContentRequest.contents[1].parts: contents.parts must not be empty.\n",
        more=INVALID,
    ),
    Case(
        "temperature",
        configured(temperature=7),
        configured(temperature=2),
        "* GenerateContentRequest.generation_config.temperature: temperature must be in the range "
        "[0.0, 2.0].\n",
        more=INVALID,
    ),
)
ON_VERTEX = (
    *BOTH,
    *of_models(cloud=True),
    Case(
        "role missing",
        {"contents": [{"parts": [{"text": "hi"}]}]},
        {},
        "Please use a valid role: user, model.",
        more=INVALID,
    ),
    Case(
        "another vendor's model",
        at("gpt-4o", cloud=True),
        at("our-model", cloud=True),
        "Publisher Model `projects/",
        404,
        more={"status": "NOT_FOUND"},
    ),
    Case(
        "no parts",
        {"contents": [{"role": "user", "parts": []}]},
        {},
        "Unable to submit request because it must include at least one parts field, which "
        "describes the prompt input. Learn more: ",
        more=INVALID,
    ),
    Case(
        "temperature",
        configured(temperature=1000),
        configured(temperature=2.0),
        "Unable to submit request because it has a temperature value of 1000 but the supported "
        "range is from 0 (inclusive) to 2.0001 (exclusive). Update the value and try again.",
        more=INVALID,
    ),
    Case(
        "maxOutputTokens",
        configured(maxOutputTokens=828_858),
        configured(maxOutputTokens=65_536),
        "Unable to submit request because it has a maxOutputTokens value of 828858 but the "
        "supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try "
        "again.",
        more=INVALID,
    ),
)


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("case", DEVELOPERS, ids=lambda case: case.rule)
def test_b8_any_value_of_any_field_gets_an_answer(case):
    check_hostile_values(GEMINI, case)


@pytest.mark.parametrize("case", DEVELOPERS, ids=lambda case: case.rule)
def test_b1_a_broken_rule_of_gemini_is_refused_and_the_nearest_valid_request_is_not(case):
    check(GEMINI, case)


@pytest.mark.parametrize("case", ON_VERTEX, ids=lambda case: case.rule)
def test_b1_a_broken_rule_of_vertex_is_refused_and_the_nearest_valid_request_is_not(case):
    check(VERTEX, case)


def test_every_rule_of_googles_has_its_case():
    assert rules_of(GEMINI.table) == {case.rule for case in DEVELOPERS}
    assert rules_of(VERTEX.table) == {case.rule for case in ON_VERTEX}


@pytest.mark.parametrize(
    "change",
    [
        {**at(NEWEST), **says(*LOOP, ("model", {"text": "there"}), ("user", {"text": "thanks"}))},
        {
            **at(NEWEST),
            **says(
                LOOP[0],
                ("model", {**CALL, "thought_signature": "skip_thought_signature_validator"}),
                LOOP[2],
            ),
        },
        says(("user", {"text": "a"}), ("user", {"text": "b"})),
        says(LOOP[0], ("model", CALL), ("model", CALL), ("user", ANSWER, ANSWER)),
        {"tools": [{"function_declarations": [{"name": "f", "parameters": {"type": 6}}]}]},
        {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "labels": {"a": "b"}},
    ],
)
def test_b8_requests_that_gemini_takes_are_taken(change):
    with outage():
        reply = post(GEMINI, change, Case("", {}, {}, ""))
    assert reply.status_code == 200, reply.text
