"""Models lists of every vendor, by the vendors' own SDKs where they read one."""

from __future__ import annotations

import os

import anthropic
import httpx
import httpx2
import openai
import pytest

from chaos_llm import outage

KEY = {"authorization": "Bearer sk-test"}
# What a plain client finds at each vendor's address, and the name of the first model there.
ADDRESSES = {
    "https://api.anthropic.com/v1/models": lambda shown: shown["data"][0]["id"],
    "https://api.openai.com/v1/models": lambda shown: shown["data"][0]["id"],
    "https://acme.openai.azure.com/openai/v1/models": lambda shown: shown["data"][0]["id"],
    "https://api.groq.com/openai/v1/models": lambda shown: shown["data"][0]["id"],
    "https://api.together.xyz/v1/models": lambda shown: shown[0]["id"],
    "https://api.x.ai/v1/models": lambda shown: shown["data"][0]["id"],
    "https://api.x.ai/v1/language-models": lambda shown: shown["models"][0]["id"],
    "https://api.deepseek.com/models": lambda shown: shown["data"][0]["id"],
    "https://api.mistral.ai/v1/models": lambda shown: shown["data"][0]["id"],
    "https://api.llama.com/v1/models": lambda shown: shown["data"][0]["id"],
    "https://openrouter.ai/api/v1/models": lambda shown: shown["data"][0]["id"],
    "https://generativelanguage.googleapis.com/v1beta/models": lambda shown: shown["models"][0][
        "name"
    ],
    "https://generativelanguage.googleapis.com/v1beta/openai/models": lambda shown: shown["data"][
        0
    ]["id"],
    "https://aiplatform.googleapis.com/v1beta1/publishers/google/models": lambda shown: shown[
        "publisherModels"
    ][0]["name"],
    "https://bedrock.us-east-1.amazonaws.com/foundation-models": lambda shown: shown[
        "modelSummaries"
    ][0]["modelId"],
    "https://api.cohere.com/v1/models": lambda shown: shown["models"][0]["name"],
    "http://localhost:11434/api/tags": lambda shown: shown["models"][0]["name"],
    "http://localhost:11434/v1/models": lambda shown: shown["data"][0]["id"],
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_b2_every_vendor_lists_its_models(address):
    with outage() as chaos:
        reply = httpx.get(address, headers=KEY)
    assert reply.status_code == 200
    assert ADDRESSES[address](reply.json())
    assert [exchange.surface for exchange in chaos.journal] == ["api"]


def test_b3_geminis_list_is_geminis_and_not_vertex(monkeypatch):
    with outage() as chaos:
        httpx2.get("https://generativelanguage.googleapis.com/v1/models", headers=KEY)
    assert [exchange.provider for exchange in chaos.journal] == ["gemini"]


def test_anthropics_sdk_reads_the_list_and_one_model():
    with outage():
        client = anthropic.Anthropic(api_key="k")
        names = [model.id for model in client.models.list()]
        one = client.models.retrieve("claude-next")
    assert "claude-sonnet-4-5-20250929" in names
    assert (one.id, one.type) == ("claude-next", "model")


def test_openais_sdk_reads_the_lists_of_its_look_alikes():
    addresses = (
        "https://api.openai.com/v1",
        "https://api.groq.com/openai/v1",
        "https://api.x.ai/v1",
        "https://api.deepseek.com",
        "https://api.mistral.ai/v1",
        "https://openrouter.ai/api/v1",
        "http://localhost:11434/v1",
        "https://generativelanguage.googleapis.com/v1beta/openai/",
    )
    with outage():
        for address in addresses:
            client = openai.OpenAI(api_key="k", base_url=address)
            assert [model.id for model in client.models.list()], address


def test_groqs_sdk_reads_its_list(groq):
    with outage():
        assert list(groq.Groq(api_key="k").models.list().data)


def test_the_models_that_a_project_trained_at_together_are_not_played(together):
    with outage() as chaos, pytest.raises(together.APIStatusError, match="does not play"):
        together.Together(api_key="k", project_id="p", max_retries=0).models.list()
    assert [exchange.surface for exchange in chaos.journal] == ["unserved"]


def test_coheres_sdk_reads_its_list(cohere):
    with outage():
        assert cohere.ClientV2("k").models.list().models


def test_ollamas_sdk_reads_its_list_and_one_model(ollama):
    with outage():
        assert ollama.Client().list().models
        assert ollama.Client().show("llama3.2").capabilities


def test_mistrals_sdk_reads_its_list(mistral):
    with outage(), mistral(api_key="k") as client:
        assert client.models.list().data


def test_googles_sdk_reads_its_list_and_one_model(genai):
    with outage():
        client = genai.Client(api_key="k")
        assert [model.name for model in client.models.list()]
        assert client.models.get(model="gemini-2.5-flash").input_token_limit


def test_boto3_reads_bedrocks_list(boto3):
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s"}
    with outage():
        client = boto3.client("bedrock", region_name="eu-west-1", **keys)
        listed = client.list_foundation_models(byProvider="Anthropic")["modelSummaries"]
    assert [each["providerName"] for each in listed] == ["Anthropic"]


def test_openrouters_key_and_credit_are_told():
    with outage():
        key = httpx2.get("https://openrouter.ai/api/v1/key", headers=KEY).json()
        credit = httpx2.get("https://openrouter.ai/api/v1/credits", headers=KEY).json()
    assert key["data"]["limit_remaining"] is None
    assert credit["data"]["total_credits"] > credit["data"]["total_usage"]


def test_a_list_wants_a_key_as_every_endpoint_does():
    with outage():
        assert httpx2.get("https://api.mistral.ai/v1/models").status_code == 401
        assert httpx2.get("http://localhost:11434/api/tags").status_code == 200


@pytest.mark.skipif("VLLM_BASE_URL" in os.environ, reason="somebody's own server is set")
def test_a_server_of_ones_own_is_well_and_lists_its_model(monkeypatch):
    monkeypatch.setenv("VLLM_BASE_URL", "http://llm.internal:8000/v1")
    with outage():
        assert httpx2.get("http://llm.internal:8000/health").status_code == 200
        listed = httpx2.get("http://llm.internal:8000/v1/models").json()
        tokens = httpx2.post("http://llm.internal:8000/tokenize", json={"prompt": "a b c d"})
    assert listed["data"][0]["owned_by"] == "vllm"
    assert tokens.json()["count"] == 2
