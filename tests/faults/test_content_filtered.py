from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import content_filtered

HI = [{"role": "user", "content": "hi"}]
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
AZURE = "https://acme.openai.azure.com"


def azure():
    return openai.AzureOpenAI(
        azure_endpoint=AZURE, api_key="k", api_version="2024-10-21", max_retries=0
    )


def ask(client, **options):
    return client.chat.completions.create(model="gpt-4o", messages=HI, **options)


def gemini(verb, fault):
    with outage() as chaos:
        chaos.on("gemini").inject(fault)
        return httpx2.post(f"{GEMINI}:{verb}", json=CONTENTS, headers={"x-goog-api-key": "k"})


def test_azure_s_answer_is_cut_and_says_by_which_category():
    with outage() as chaos:
        whole = ask(azure()).choices[0].message.content
        chaos.on("azure-openai").inject(content_filtered(category="hate"))
        (choice,) = ask(azure()).choices
    assert choice.finish_reason == "content_filter"
    assert 0 < len(choice.message.content) < len(whole)
    found = choice.model_extra["content_filter_results"]
    assert {harm for harm, result in found.items() if result.get("filtered")} == {"hate"}


def test_nothing_may_be_left_of_an_answer():
    with outage() as chaos:
        chaos.on("openai").inject(content_filtered(after=0))
        (choice,) = ask(openai.OpenAI(max_retries=0)).choices
    assert (choice.finish_reason, choice.message.content or "") == ("content_filter", "")


def test_a_stream_ends_with_the_same_reason():
    with outage() as chaos:
        chaos.on("openai").inject(content_filtered())
        chunks = list(ask(openai.OpenAI(max_retries=0), stream=True))
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert reasons[-1] == "content_filter"


def test_responses_are_incomplete():
    with outage() as chaos:
        chaos.on("openai").inject(content_filtered())
        reply = openai.OpenAI(max_retries=0).responses.create(model="gpt-4o", input="hi")
    assert (reply.status, reply.incomplete_details.reason) == ("incomplete", "content_filter")


def test_anthropic_s_answer_ends_as_a_refusal():
    with outage() as chaos:
        chaos.on("anthropic").inject(content_filtered())
        message = anthropic.Anthropic(max_retries=0).messages.create(
            model="claude-sonnet-5-5", max_tokens=99, messages=HI
        )
    assert message.stop_reason == "refusal"


def test_gemini_stops_for_safety():
    reply = gemini("generateContent", content_filtered())
    assert reply.json()["candidates"][0]["finishReason"] == "SAFETY"


def test_azure_refuses_a_prompt_as_users_pasted_it():
    with outage() as chaos:
        chaos.on("azure-openai").inject(content_filtered(of="prompt", category="sexual"))
        with pytest.raises(openai.BadRequestError) as refused:
            ask(azure())
    error = refused.value
    assert (error.code, error.param, error.type) == ("content_filter", "prompt", None)
    assert error.body["message"].startswith("The response was filtered due to the prompt trigger")
    inner = error.body["innererror"]
    assert inner["code"] == "ResponsibleAIPolicyViolation"
    found = inner["content_filter_result"]
    assert [harm for harm, result in found.items() if result["filtered"]] == ["sexual"]


@pytest.mark.parametrize("verb", ["generateContent", "streamGenerateContent"])
def test_gemini_answers_a_blocked_prompt_without_a_candidate(verb):
    reply = gemini(verb, content_filtered(of="prompt"))
    said = reply.json()[0] if verb.startswith("stream") else reply.json()
    assert reply.status_code == 200
    assert said["promptFeedback"]["blockReason"] == "SAFETY"
    assert "candidates" not in said


def test_gemini_answers_a_blocked_prompt_with_one_event():
    reply = gemini("streamGenerateContent?alt=sse", content_filtered(of="prompt"))
    assert reply.headers["content-type"] == "text/event-stream"
    assert '"blockReason": "SAFETY"' in reply.text


@pytest.mark.parametrize("of", ["prompt", "answer"])
def test_it_is_unsupported_where_an_api_has_no_filter(of):
    with outage() as chaos:
        chaos.on("groq").inject(content_filtered(of=of))
        url = "https://api.groq.com/openai/v1/chat/completions"
        body = {"model": "llama-3.3-70b-versatile", "messages": HI}
        reply = httpx2.post(url, json=body, headers={"authorization": "Bearer k"})
        assert reply.status_code == 200
        assert [effect.effect for effect in chaos.journal[0].fault_effects] == ["unsupported"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"of": "image"}, "of must be 'answer' or 'prompt'"),
        ({"category": "politics"}, "category must be 'hate' or"),
        ({"after": 2}, "after must be a share of the answer"),
    ],
)
def test_a_wrong_argument_is_named(arguments, expected):
    with pytest.raises(UsageError, match=expected):
        content_filtered(**arguments)
