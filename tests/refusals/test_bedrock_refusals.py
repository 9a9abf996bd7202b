"""What Bedrock refuses: each rule of Converse, and Claude's own on Bedrock and Vertex AI."""

from __future__ import annotations

import pytest
from support.refusal_cases import (
    GONE,
    Api,
    Case,
    check,
    check_hostile_values,
    conversation,
    post,
    rules_of,
)

from chaos_llm import outage
from chaos_llm.providers.signatures import sign

HOST = "https://bedrock-runtime.us-east-1.amazonaws.com/model"
CLAUDE, NOVA = "anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-lite-v1:0"
KEY = {"authorization": "Bearer ABSK-test"}


def at(model):
    return {"$url": f"{HOST}/{model}/converse"}


def said(role, *blocks):
    return {"role": role, "content": list(blocks)}


HI = said("user", {"text": "hi"})
CONVERSE = Api("bedrock converse", at(NOVA)["$url"], KEY, {"messages": [HI]})
TOOL = {"toolSpec": {"name": "track", "inputSchema": {"json": {"type": "object"}}}}
TOOLS = {"toolConfig": {"tools": [TOOL]}}
CALL = {"toolUse": {"toolUseId": "tooluse_1", "name": "track", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "at the depot"}]}}
LOOP = (HI, said("assistant", CALL), said("user", RESULT))
SAYS = "The model returned the following errors: "
ONE = "1 validation error detected: Value "
THINKS = {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}
WORDS = "word " * 400_000


def named(name):
    tool = {"toolSpec": {**TOOL["toolSpec"], "name": name}}
    return {"toolConfig": {"tools": [TOOL, tool]}}


def with_id(call):
    use, result = (
        {**CALL["toolUse"], "toolUseId": call},
        {**RESULT["toolResult"], "toolUseId": call},
    )
    return conversation(
        HI, said("assistant", {"toolUse": use}), said("user", {"toolResult": result}), **TOOLS
    )


def choosing(choice):
    return {"toolConfig": {"tools": [TOOL], "toolChoice": choice}}


def limits(**given):
    return {"inferenceConfig": given}


def thought(signature):
    text = {"text": "so", "signature": signature}
    return said("assistant", {"reasoningContent": {"reasoningText": text}}, {"text": "At home."})


def failed(content):
    return {"toolResult": {"toolUseId": "tooluse_1", "status": "error", "content": content}}


CASES = (
    Case(
        "content block",
        conversation(HI, said("assistant", {"type": "tool_use", "id": "toolu_1"}), HI),
        conversation(HI, said("assistant", {"type": "text", "text": "hi"}), HI),
        "ContentBlock object at messages.1.content.0 must set one of the following keys: text, "
        "image, toolUse, toolResult, document, video, cachePoint, reasoningContent, "
        "citationsContent, searchResult.",
    ),
    Case(
        "choice of tools",
        {**at("meta.llama3-3-70b-instruct-v1:0"), **choosing({"any": {}})},
        {**at("mistral.mistral-large-2407-v1:0"), **choosing({"any": {}})},
        "This model doesn't support the toolConfig.toolChoice.any field. Remove "
        "toolConfig.toolChoice.any and try again.",
    ),
    Case(
        "Claude's temperature beside topP",
        {**at(CLAUDE), **limits(temperature=0.5, topP=0.9)},
        limits(temperature=0.5, topP=0.9),
        f"{SAYS}`temperature` and `top_p` cannot both be specified for this model. Please use only "
        "one.",
    ),
    Case(
        "sampling of the newest Claudes",
        {**at("us.anthropic.claude-opus-4-7-v1"), **limits(topP=0.9)},
        {**at("us.anthropic.claude-opus-4-6-v1"), **limits(topP=0.9)},
        f"{SAYS}`top_p` is deprecated for this model.",
    ),
    Case(
        "Claude's temperature while thinking",
        {**at(CLAUDE), **THINKS, **limits(temperature=0.5, maxTokens=4000)},
        {**at(CLAUDE), **THINKS, **limits(temperature=1, maxTokens=4000)},
        f"{SAYS}`temperature` may only be set to 1 when thinking is enabled.",
    ),
    Case(
        "another vendor's model",
        at("gpt-4o"),
        at("openai.gpt-oss-20b-1:0"),
        "The provided model identifier is invalid.",
    ),
    Case("invalid JSON", {}, {}, "Malformed input request, please reformat", raw=b"{"),
    Case(
        "role",
        conversation(HI, {"role": "tool", "content": [{"text": "x"}]}),
        conversation(HI, said("assistant", {"text": "a"}), HI),
        f"{ONE}'tool' at 'messages.2.member.role' failed to satisfy constraint: Member must "
        "satisfy enum value set: [user, assistant]",
    ),
    Case(
        "content: type",
        conversation({"role": "user", "content": "hi"}),
        {},
        "Unexpected value type in payload",
    ),
    Case(
        "content",
        conversation(HI, said("assistant"), HI),
        {},
        "The content field in the Message object at messages.1 is empty. Add a ContentBlock object "
        "to the content field and try again.",
    ),
    Case(
        "no tools",
        {"toolConfig": {"tools": []}},
        TOOLS,
        f"{ONE}'[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length "
        "greater than or equal to 1",
    ),
    Case(
        "tool's name",
        named("x.y"),
        named("x-y_1"),
        f"{ONE}'x.y' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    ),
    Case(
        "tool's name too long",
        named("t" * 65),
        named("t" * 64),
        f"{ONE}'{'t' * 65}' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy "
        "constraint: Member must have length less than or equal to 64",
    ),
    Case(
        "tool call's id",
        with_id("call:1"),
        with_id("call_1-a"),
        f"{ONE}'call:1' at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    ),
    *(
        Case(
            f"{name} too {size}",
            limits(**{name: wrong}),
            limits(**{name: right}),
            f"{ONE}'{wrong}' at 'inferenceConfig.{name}' failed to satisfy constraint: Member must "
            f"have value {bound}",
        )
        for name, size, wrong, right, bound in (
            ("maxTokens", "small", 0, 1, "greater than or equal to 1"),
            ("temperature", "small", -1, 0, "greater than or equal to 0"),
            ("temperature", "large", 7, 1, "less than or equal to 1"),
            ("topP", "small", -0.5, 0, "greater than or equal to 0"),
            ("topP", "large", 1.5, 1, "less than or equal to 1"),
        )
    ),
    Case(
        "alternation",
        conversation(HI, HI),
        conversation(HI, said("assistant", {"text": "a"})),
        "A conversation must alternate between user and assistant roles. Make sure the "
        "conversation alternates between user and assistant roles and try again.",
    ),
    Case(
        "no toolConfig",
        conversation(*LOOP),
        conversation(*LOOP, **TOOLS),
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    ),
    Case(
        "tool call without its result",
        conversation(HI, said("assistant", CALL), HI, **TOOLS),
        conversation(*LOOP, **TOOLS),
        "Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1",
    ),
    Case(
        "tool result without its call",
        conversation(HI, said("assistant", {"text": "well"}), said("user", RESULT), **TOOLS),
        conversation(*LOOP, **TOOLS),
        "The number of toolResult blocks at messages.2.content exceeds the number of toolUse "
        "blocks of previous turn.",
    ),
    Case(
        "result beside text",
        {
            **at("mistral.mistral-large-2402-v1:0"),
            **conversation(*LOOP[:2], said("user", RESULT, {"text": "so?"}), **TOOLS),
        },
        {**at(CLAUDE), **conversation(*LOOP[:2], said("user", RESULT, {"text": "so?"}), **TOOLS)},
        "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the "
        "same turn.",
    ),
    Case(
        "failed tool's result",
        conversation(*LOOP[:2], said("user", failed([])), **TOOLS),
        conversation(*LOOP[:2], said("user", failed([{"text": "no"}])), **TOOLS),
        "The content field at messages.2.content.0.toolResult cannot be empty when status value is "
        "error.",
    ),
    Case(
        "blank text",
        conversation(said("user", {"text": " "})),
        conversation(said("user", {"text": " a"})),
        "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to "
        "the text field, and try again.",
    ),
    Case(
        "blank text for Claude",
        {**at(CLAUDE), **conversation(said("user", {"text": ""}))},
        at(CLAUDE),
        f"{SAYS}messages: text content blocks must be non-empty",
    ),
    Case(
        "maxTokens of the model",
        limits(maxTokens=10_001),
        limits(maxTokens=10_000),
        "The maximum tokens you requested exceeds the model limit of 10000. Try again with a "
        "maximum tokens value that is lower than 10000.",
    ),
    Case(
        "signature of Claude's thinking",
        {**at(CLAUDE), **conversation(HI, thought(sign("gemini", "so", 7)), HI)},
        {**at(CLAUDE), **conversation(HI, thought(sign("anthropic", "so", 7)), HI)},
        f"{SAYS}messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    Case(
        "prefill",
        {
            **at("us.anthropic.claude-opus-4-6-v1:0"),
            **conversation(HI, said("assistant", {"text": "{"})),
        },
        {**at(CLAUDE), **conversation(HI, said("assistant", {"text": "{"}))},
        f"{SAYS}This model does not support assistant message prefill. The conversation must end "
        "with a user message.",
    ),
    Case(
        "context window",
        conversation(said("user", {"text": WORDS})),
        {**at("amazon.nova-premier-v1:0"), **conversation(said("user", {"text": WORDS}))},
        "Input is too long for requested model.",
    ),
    Case(
        "Claude's context window",
        {**at(CLAUDE), **conversation(said("user", {"text": WORDS}))},
        {**at("anthropic.claude-opus-4-6-v1"), **conversation(said("user", {"text": WORDS}))},
        f"{SAYS}prompt is too long: 400001 tokens > 200000 maximum",
    ),
)


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b8_any_value_of_any_field_gets_an_answer(case):
    check_hostile_values(CONVERSE, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b1_a_broken_rule_of_converse_is_refused_and_the_nearest_valid_request_is_not(case):
    check(CONVERSE, case)


def test_every_rule_of_converse_has_its_case():
    assert rules_of(CONVERSE.table) == {case.rule for case in CASES}


def test_a_refusal_of_bedrocks_has_its_type_in_a_header():
    with outage():
        reply = post(CONVERSE, conversation(HI, HI), CASES[0].__class__("", {}, {}, ""))
    assert reply.headers["x-amzn-errortype"].startswith("ValidationException:")
    assert reply.json()["message"].startswith("A conversation must alternate")


@pytest.mark.parametrize(
    "change",
    [
        conversation(said("assistant", {"text": "I am here."}), HI),
        {"messages": GONE, "promptVariables": {"order": {"text": "KX-1"}}},
        conversation(*LOOP, said("assistant", {"text": "there"}), HI, **TOOLS),
        conversation(said("user", {"image": {"format": "png", "source": {"bytes": ""}}})),
    ],
)
def test_b18_requests_that_converse_takes_are_taken(change):
    with outage():
        reply = post(CONVERSE, change, Case("", {}, {}, ""))
    assert reply.status_code == 200, reply.text


HOSTED = (
    Api(
        "bedrock invoke",
        f"{HOST}/{CLAUDE}/invoke",
        KEY,
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "hi"}],
        },
    ),
    Api(
        "vertex raw_predict",
        "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/"
        "anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
        {"authorization": "Bearer ya29.k"},
        {
            "anthropic_version": "vertex-2023-10-16",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "hi"}],
        },
    ),
)


@pytest.mark.parametrize("api", HOSTED, ids=lambda api: api.table)
@pytest.mark.parametrize(
    "case",
    [
        Case(
            "role",
            conversation({"role": "tool", "content": "x"}),
            {"anthropic_beta": ["interleaved-thinking-2025-05-14"]},
            'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
        ),
        Case(
            "unknown key",
            {"frequency_penalty": 1},
            {},
            "frequency_penalty: Extra inputs are not permitted",
        ),
    ],
    ids=lambda case: case.rule,
)
def test_b1_claudes_rules_hold_on_other_clouds(api, case):
    check(api, case)


def test_b9_other_families_of_invoke_model_have_no_rules_of_claudes():
    body = {"messages": GONE, "anthropic_version": GONE, "max_tokens": GONE, "prompt": "hi"}
    with outage():
        reply = post(HOSTED[0], {**body, "max_gen_len": 9}, Case("", {}, {}, ""))
    assert reply.status_code == 200
