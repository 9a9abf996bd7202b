"""Vectors and counts: endpoints of the clouds at which no model speaks, by their own SDKs."""

from __future__ import annotations

import json
from math import hypot

import pytest
from support.cloud_sdks import NEED, Cloud, boto3_client
from support.wire_requests import SAID, answer_wire, path_of, reply_context, wire_request

from chaos_llm.protocol.messages import Refusal
from chaos_llm.providers import (
    BedrockInvoke,
    CohereEmbed,
    GeminiEmbeddings,
    GeminiTokenCount,
    OllamaEmbed,
    VertexEmbeddings,
    VertexTokenCount,
)
from chaos_llm.providers.vectors import vector

COUNTS = [GeminiTokenCount(), VertexTokenCount()]
GEMINI, VERTEX, COHERE, OLLAMA = VECTORS = [
    GeminiEmbeddings(),
    VertexEmbeddings(),
    CohereEmbed(),
    OllamaEmbed(),
]
everywhere = pytest.mark.parametrize("cloud", [*COUNTS, *VECTORS])
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def told(cloud, **changes):
    request, reply = answer_wire(wire_request(cloud, **changes), cloud.name, SAID)
    assert request.invalid is None
    return json.loads(reply.body)


def refused(cloud, body):
    request = cloud.parse(wire_request(cloud, body=body))
    assert request.invalid.kind == "invalid_request"
    return request.invalid.message


@pytest.mark.parametrize("size", [1, 3, 768])
def test_a_vector_has_length_one_and_belongs_to_its_text(size):
    numbers = vector("a", size)
    assert len(numbers) == size
    assert hypot(*numbers) == pytest.approx(1, abs=1e-5)
    assert numbers == vector("a", size)
    assert size == 1 or numbers != vector("b", size)


@everywhere
def test_a_request_names_its_model_wherever_that_is(cloud):
    request = cloud.parse(wire_request(cloud))
    assert request.model.split("-")[0] in ("gemini", "text", "embed", "nomic")
    assert request.region == ("europe-west1" if cloud.name == "vertex" else "")


def test_gemini_embeds_one_or_many_at_the_wanted_size():
    one = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 64}
    path = "/v1beta/models/gemini-embedding-001:embedContent"
    assert told(GEMINI, path=path, body=one) == {"embedding": {"values": vector("a", 64)}}
    many = told(GEMINI, body={"requests": [one, {"content": {"parts": [{"text": "b"}]}}]})
    assert [len(each["values"]) for each in many["embeddings"]] == [64, 3072]


def test_vertex_predicts_and_embeds_at_the_models_size():
    shown = told(VERTEX, body={"instances": [{"content": "a"}, {"content": "b"}]})
    first, second = (each["embeddings"] for each in shown["predictions"])
    assert first["values"] == vector("a", 768) != second["values"]
    assert first["statistics"] == {"truncated": False, "token_count": 1}
    body = {"instances": [{"content": "a"}], "parameters": {"outputDimensionality": 8}}
    assert len(told(VERTEX, body=body)["predictions"][0]["embeddings"]["values"]) == 8
    path = path_of(VERTEX).replace("text-embedding-005:predict", "gemini-embedding-2:embedContent")
    shown = told(VERTEX, path=path, body={"content": {"parts": [{"text": "a"}]}})
    assert shown["embedding"]["values"] == vector("a", 3072)


def test_vertex_wants_a_content_to_embed():
    path = path_of(VERTEX).replace(":predict", ":embedContent")
    request = VERTEX.parse(wire_request(VERTEX, path=path, body={"content": "a"}))
    assert request.invalid.kind == "invalid_request"


def test_ollama_embeds_one_or_many():
    assert told(OLLAMA)["embeddings"] == [vector("Where is order KX-48213?", 768)]
    body = {"model": "m", "input": ["a", "b"], "dimensions": 8}
    assert told(OLLAMA, body=body)["embeddings"] == [vector("a", 8), vector("b", 8)]


@pytest.mark.parametrize("cloud", COUNTS)
def test_tokens_are_counted_without_an_answer(cloud):
    request = cloud.parse(wire_request(cloud))
    assert told(cloud)["totalTokens"] == request.input_tokens > 0
    assert "contents is not specified" in refused(cloud, {"contents": []})


@pytest.mark.parametrize(
    ("cloud", "body", "words"),
    [
        (GEMINI, {"requests": []}, "at least one request"),
        (GEMINI, {"requests": [{"content": {}}]}, "contents is not specified"),
        (VERTEX, {"instances": []}, "Empty instances."),
        (VERTEX, {"instances": [{"text": "a"}]}, ""),
        (OLLAMA, {"model": "m"}, "invalid input type"),
        (OLLAMA, {"input": "a"}, "model is required"),
    ],
)
def test_what_cannot_be_embedded_is_told_so(cloud, body, words):
    assert words in (refused(cloud, body) or "")


@everywhere
def test_it_fails_in_its_vendors_words(cloud):
    request = cloud.parse(wire_request(cloud))
    reply = cloud.render(request, Refusal("overloaded"), reply_context())
    assert reply.status == 503
    shown = json.loads(reply.body)
    assert shown.get("error") or shown.get("message")


def driven(served, door, is_async=False):
    """A driver whose SDK has one client for this endpoint and for the one of that door."""
    cloud = Cloud(served, [SAID], is_async, package=NEED[door], door=door)
    cloud.skip_unless_here()
    return cloud


@pytest.mark.parametrize(
    ("served", "model"),
    [(GEMINI, "gemini-embedding-001"), (VERTEX, "text-embedding-005")],
)
def test_google_genai_reads_vectors(served, model):
    cloud = driven(served, "gemini-generate_content")

    async def scene(client):
        return client.models.embed_content(model=model, contents=["a", "b"])

    first, second = cloud.run(scene).embeddings
    assert first.values != second.values
    assert hypot(*first.values) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("served", COUNTS)
def test_google_genai_reads_counts(served):
    cloud = driven(served, "gemini-generate_content")

    async def scene(client):
        return client.models.count_tokens(model="gemini-2.5-flash", contents="a")

    assert cloud.run(scene).total_tokens == cloud.requests[0].input_tokens


@flavour
def test_cohere_reads_vectors(is_async):
    cloud = driven(COHERE, "cohere-v2_chat", is_async)

    async def scene(client):
        asked = client.embed(
            model="embed-v4.0",
            input_type="search_query",
            texts=["a", "b"],
            embedding_types=["float", "int8"],
        )
        return await asked if is_async else asked

    found = cloud.run(scene).embeddings
    assert found.float_ == [vector("a", 1536), vector("b", 1536)]
    assert len(found.int8[0]) == 1536


@flavour
def test_ollama_reads_vectors(is_async):
    cloud = driven(OLLAMA, "ollama-api_chat", is_async)

    async def scene(client):
        asked = client.embed(model="nomic-embed-text", input=["a", "b"])
        return await asked if is_async else asked

    assert cloud.run(scene).embeddings == [vector("a", 768), vector("b", 768)]


def test_boto3_reads_what_models_say_in_their_own_dialects():
    cloud = driven(BedrockInvoke(), "bedrock-converse")
    client = boto3_client(
        cloud, "bedrock-runtime", "https://bedrock-runtime.us-east-1.amazonaws.com"
    )
    asked = {"inputText": "a", "dimensions": 256}
    reply = client.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=json.dumps(asked))
    assert json.loads(reply["body"].read())["embedding"] == vector("a", 256)
    asked = {"prompt": "Where is order KX-48213?"}
    model = "meta.llama3-8b-instruct-v1:0"
    reply = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(asked))
    events = [json.loads(event["chunk"]["bytes"]) for event in reply["body"]]
    assert "".join(event["generation"] for event in events) == SAID.text
