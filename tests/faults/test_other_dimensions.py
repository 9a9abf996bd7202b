from __future__ import annotations

import json

import httpx
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import other_dimensions
from chaos_llm.protocol.messages import Completion, Document, Refusal

GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/text-embedding-004:embedContent"
VERTEX = (
    "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/"
    "publishers/google/models/text-embedding-005:predict"
)
TITAN = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2:0/invoke"
AZURE = "https://acme.openai.azure.com/openai/deployments/text-embedding-3-small/embeddings?api-version=2025-04-01-preview"
ASKED = {
    "gemini": (GEMINI, {"content": {"parts": [{"text": "a"}]}}),
    "vertex": (VERTEX, {"instances": [{"content": "a"}]}),
    "bedrock": (TITAN, {"inputText": "a"}),
    "cohere": (
        "https://api.cohere.com/v2/embed",
        {
            "model": "embed-v4.0",
            "texts": ["a"],
            "input_type": "search_query",
            "embedding_types": ["float"],
        },
    ),
    "ollama": ("http://localhost:11434/api/embed", {"model": "nomic-embed-text", "input": "a"}),
    "azure-openai": (AZURE, {"input": "a"}),
    "mistral": ("https://api.mistral.ai/v1/embeddings", {"model": "mistral-embed", "input": ["a"]}),
}


def lengths(value):
    """The lengths of all lists of numbers in a reply."""
    if isinstance(value, list) and value and isinstance(value[0], float):
        return [len(value)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [length for each in inner for length in lengths(each)]


def embed(provider, fault=None):
    url, body = ASKED[provider]
    with outage() as chaos:
        if fault:
            chaos.on(provider).inject(fault)
        reply = httpx.post(url, json=body, headers={"authorization": "Bearer k", "x-api-key": "k"})
    assert reply.status_code == 200, reply.text
    return lengths(json.loads(reply.text))


@pytest.mark.parametrize("provider", ASKED)
def test_vectors_of_every_dialect_are_four_times_as_long(provider):
    (usual,) = set(embed(provider))
    assert set(embed(provider, other_dimensions())) == {usual * 4}


@pytest.mark.parametrize("packed", ["float", "base64"])
def test_the_sdk_of_openai_reads_vectors_of_the_chosen_size(packed):
    with outage() as chaos:
        chaos.on("openai").inject(other_dimensions(100))
        (found,) = openai.OpenAI().embeddings.create(
            model="text-embedding-3-small", input="a", encoding_format=packed
        ).data  # fmt: skip
    length = len(found.embedding) if packed == "float" else len(found.embedding) * 6 // 8 // 4
    assert length == pytest.approx(100, abs=1)


@pytest.mark.parametrize("other", [Refusal("quota"), Document({"a": [1] * 9}), Completion("Hi.")])
def test_a_reply_without_embeddings_is_unchanged(other, fault_context):
    assert other_dimensions().on_answer(other, fault_context) is other
