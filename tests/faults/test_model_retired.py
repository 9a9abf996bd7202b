from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest
from support.apps.bots import MODEL, ask_once

from chaos_llm import outage
from chaos_llm.faults import model_retired

HI = [{"role": "user", "content": "hi"}]
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"


def test_anthropic_names_the_model():
    with outage() as chaos:
        chaos.on("anthropic").inject(model_retired())
        with pytest.raises(anthropic.NotFoundError) as refused:
            ask_once()
    told = {"type": "not_found_error", "message": f"model: {MODEL}"}
    assert refused.value.body["error"] == told


def test_openai_says_that_the_model_has_been_deprecated():
    with outage() as chaos:
        chaos.on("openai").inject(model_retired())
        with pytest.raises(openai.NotFoundError) as refused:
            openai.OpenAI(max_retries=0).chat.completions.create(model="gpt-5.4", messages=HI)
    assert refused.value.code == "model_not_found"
    assert refused.value.body["message"] == (
        "The model `gpt-5.4` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations"
    )


def test_openai_s_responses_say_that_the_model_has_been_deprecated_too():
    with outage() as chaos:
        chaos.on("openai").inject(model_retired())
        with pytest.raises(openai.APIStatusError) as refused:
            openai.OpenAI(max_retries=0).responses.create(model="gpt-5.4", input="hi")
    assert refused.value.code == "model_not_found"


def test_bedrock_says_that_the_version_has_reached_its_end():
    with outage() as chaos:
        chaos.on("bedrock").inject(model_retired())
        body = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
        reply = httpx2.post(BEDROCK, json=body, headers={"authorization": "Bearer k"})
    assert reply.status_code == 404
    assert reply.headers["x-amzn-errortype"].startswith("ResourceNotFoundException")
    assert reply.json()["message"].startswith("This model version has reached the end of its life")


def test_gemini_knows_the_model_no_longer():
    with outage() as chaos:
        chaos.on("gemini").inject(model_retired())
        body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        reply = httpx2.post(GEMINI, json=body, headers={"x-goog-api-key": "k"})
    assert (reply.status_code, reply.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert reply.json()["error"]["message"].startswith("models/gemini-2.5-pro is not found")


def test_a_vendor_without_words_for_it_calls_the_model_unknown():
    with outage() as chaos:
        chaos.on("groq").inject(model_retired())
        url = "https://api.groq.com/openai/v1/chat/completions"
        body = {"model": "llama-3.3-70b-versatile", "messages": HI}
        reply = httpx2.post(url, json=body, headers={"authorization": "Bearer k"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")


def test_an_embedding_s_model_is_retired_too_and_a_list_of_models_has_none():
    with outage() as chaos:
        chaos.on("openai").inject(model_retired())
        client = openai.OpenAI(max_retries=0)
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="text-embedding-3-small", input="hi")
        assert client.models.list().data


def test_only_the_chosen_model_is_retired():
    with outage() as chaos:
        chaos.on("anthropic", model="claude-opus-*").inject(model_retired())
        assert ask_once()
