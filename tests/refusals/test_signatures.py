"""B4: signatures of thinking are checked when they come back."""

from __future__ import annotations

import anthropic
import boto3
import botocore.exceptions
import httpx2
import openai
import pytest
from botocore.config import Config

from chaos_llm import outage
from chaos_llm.providers.signatures import is_invalid, sign

QUESTION = {"role": "user", "content": "Where is my parcel?"}
THANKS = {"role": "user", "content": "Thanks. And when does it come?"}
CLAUDE = "anthropic.claude-opus-4-6-v1:0"
GEMINI = (
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:generateContent"
)
# The form of a vendor's own: nobody but the vendor can check it.
RECORDED = (
    "EqoBCkgIARABGAIiQL2UoU0b1OHYi+yCHpBY7U6FQW8/FcoLewocJQPa2HnmLM+NECy50y44F/kD4SULFXi57buI9fAvyBwtyjlO"
    * 2
)


def think(*messages):
    return anthropic.Anthropic(max_retries=0).messages.create(
        model="claude-opus-4-6", max_tokens=4000, thinking={"type": "adaptive"}, messages=messages
    )


def as_sent(message):
    return {"role": "assistant", "content": [block.model_dump() for block in message.content]}


def with_signature(signature, thought="a thought"):
    thinking = {"type": "thinking", "thinking": thought, "signature": signature}
    return {"role": "assistant", "content": [thinking, {"type": "text", "text": "At the depot."}]}


def converse(*messages):
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}),
    )
    budget = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    return client.converse(
        modelId=CLAUDE,
        messages=messages,
        inferenceConfig={"maxTokens": 4000},
        additionalModelRequestFields=budget,
    )


def user(text):
    return {"role": "user", "content": [{"text": text}]}


def test_claude_takes_its_own_thinking_back():
    with outage():
        turn = as_sent(think(QUESTION))
        assert turn["content"][0]["signature"]
        assert think(QUESTION, turn, THANKS).content


def test_claude_refuses_thinking_that_an_app_has_changed():
    with outage():
        turn = as_sent(think(QUESTION))
        turn["content"][0]["thinking"] += " Or so I think."
        with pytest.raises(
            anthropic.BadRequestError, match=r"messages\.1\.content\.0: Invalid `sig"
        ):
            think(QUESTION, turn, THANKS)


@pytest.mark.parametrize("vendor", ["gemini", "openai", "openrouter"])
def test_claude_refuses_thinking_that_another_vendor_has_signed(vendor):
    turn = with_signature(sign(vendor, "a thought", 7))
    with outage() as chaos:
        with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking`"):
            think(QUESTION, turn, THANKS)
        assert chaos.journal[0].broken_rule.name == "anthropic messages: signature of thinking"


def test_a_recorded_signature_of_the_real_vendor_is_taken():
    with outage():
        assert think(QUESTION, with_signature(RECORDED), THANKS).content


def test_claude_refuses_redacted_thinking_of_another_vendor():
    content = [{"type": "redacted_thinking", "data": sign("openai", "", 7)}, *TEXT]
    with outage(), pytest.raises(anthropic.BadRequestError, match="Invalid `data` in `redacted_"):
        think(QUESTION, {"role": "assistant", "content": content}, THANKS)


TEXT = [{"type": "text", "text": "At the depot."}]


def test_claude_on_bedrock_takes_its_own_thinking_back_and_nothing_else():
    with outage():
        turn = converse(user("Where is my parcel?"))["output"]["message"]
        thought = turn["content"][0]["reasoningContent"]["reasoningText"]
        assert converse(user("Where is my parcel?"), turn, user("Thanks."))["output"]
        thought["text"] += " Or so I think."
        with pytest.raises(botocore.exceptions.ClientError, match="Invalid `signature`"):
            converse(user("Where is my parcel?"), turn, user("Thanks."))


def test_claude_s_signature_from_bedrock_holds_at_anthropic():
    with outage():
        turn = converse(user("Where is my parcel?"))["output"]["message"]
        thought = turn["content"][0]["reasoningContent"]["reasoningText"]
        sent = with_signature(thought["signature"], thought["text"])
        assert think(QUESTION, sent, THANKS).content


@pytest.mark.parametrize(
    ("signature", "refused"),
    [
        (sign("gemini", "", 7), False),
        (sign("gemini", "", 7)[:-4], True),
        (sign("anthropic", "a thought", 7), True),
        (RECORDED, False),
    ],
    ids=["its own", "cut", "Claude's", "recorded"],
)
def test_gemini_reads_its_own_signatures_and_no_others(signature, refused):
    said = {"role": "model", "parts": [{"text": "At the depot.", "thoughtSignature": signature}]}
    contents = [
        {"role": "user", "parts": [{"text": "Where is my parcel?"}]},
        said,
        {"role": "user", "parts": [{"text": "Thanks."}]},
    ]
    with outage():
        reply = httpx2.post(GEMINI, json={"contents": contents}, headers={"x-goog-api-key": "k"})
    assert reply.status_code == (400 if refused else 200)
    assert ("Corrupted thought signature." in reply.text) == refused


def test_b8_gemini_reads_its_signatures_in_either_alphabet_of_base64():
    for nonce in range(20):
        signature = sign("gemini", "", nonce)
        assert not is_invalid("gemini", "", signature.translate(str.maketrans("+/", "-_")))
        assert not is_invalid("gemini", "", signature.rstrip("="))
        assert is_invalid("anthropic", "", signature.translate(str.maketrans("+/", "-_")))


def test_openai_decrypts_its_own_reasoning_and_no_other():
    def ask(*items):
        return openai.OpenAI(max_retries=0).responses.create(
            model="gpt-5-mini", input=items, include=["reasoning.encrypted_content"], store=False
        )

    with outage():
        given = [item.model_dump(exclude_none=True) for item in ask(QUESTION).output]
        assert given[0]["type"] == "reasoning"
        assert ask(QUESTION, *given, THANKS).output
        given[0]["encrypted_content"] = sign("xai", "", 7)
        with pytest.raises(openai.BadRequestError) as refused:
            ask(QUESTION, *given, THANKS)
    assert refused.value.code == "invalid_encrypted_content"
