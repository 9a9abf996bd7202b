"""OpenAI's embeddings, read by its SDK."""

from __future__ import annotations

import json
from math import hypot, isclose

import pytest
from support.sdk_drivers import Driver, settle
from support.wire_requests import PROMPT, SAID, reply_context, wire_request

from chaos_llm.protocol.messages import Refusal
from chaos_llm.providers import OpenAIEmbeddings

VECTORS = OpenAIEmbeddings()
MODEL = "text-embedding-3-small"
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


async def embed(client, **body):
    return await settle(client.embeddings.create(**body))


def embedded(is_async=False, **body):
    driver = Driver(VECTORS, [SAID], is_async)
    return driver.run(embed, **({"model": MODEL} | body))


@flavour
@pytest.mark.parametrize("form", [{}, {"encoding_format": "float"}], ids=["base64", "float"])
def test_the_sdk_reads_vectors_in_either_form(is_async, form):
    reply = embedded(is_async, input=[PROMPT, "other"], **form)
    assert [item.index for item in reply.data] == [0, 1]
    assert [len(item.embedding) for item in reply.data] == [1536, 1536]
    assert isclose(hypot(*reply.data[0].embedding), 1.0, abs_tol=1e-4)
    assert reply.model == MODEL
    assert reply.usage.prompt_tokens == reply.usage.total_tokens == 6 + 2


def test_both_forms_have_the_same_numbers():
    packed = embedded(input=PROMPT).data[0].embedding
    plain = embedded(input=PROMPT, encoding_format="float").data[0].embedding
    assert all(isclose(a, b, abs_tol=1e-6) for a, b in zip(packed, plain, strict=True))


def test_equal_texts_have_equal_vectors_and_others_do_not():
    first, again, other = (item.embedding for item in embedded(input=["a", "a", "b"]).data)
    assert first == again != other


@pytest.mark.parametrize(
    ("body", "size"),
    [({"dimensions": 7}, 7), ({"model": "text-embedding-3-large"}, 3072), ({}, 1536)],
)
def test_a_vector_is_as_long_as_was_asked_or_as_its_model_makes_it(body, size):
    assert len(embedded(input="a", **body).data[0].embedding) == size


def test_tokens_stand_for_one_text_and_lists_of_them_for_many():
    assert len(embedded(input=[1, 2, 3]).data) == 1
    assert len(embedded(input=[[1, 2], [3]]).data) == 2


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"input": "a"}, "model"),
        ({"model": MODEL}, "input"),
        ({"model": MODEL, "input": []}, "input"),
        ({"model": MODEL, "input": "a", "dimensions": 0}, "dimensions"),
        ({"model": MODEL, "input": "a", "dimensions": "many"}, "dimensions"),
        ({"model": 7, "input": "a"}, "model"),
        (b"{", "JSON"),
    ],
)
def test_a_bad_request_is_openais_400(body, word):
    request = VECTORS.parse(wire_request(VECTORS, body=body))
    reply = VECTORS.render(request, request.invalid, reply_context())
    assert reply.status == 400
    assert word in json.loads(reply.body)["error"]["message"]


@flavour
def test_a_limit_raises_the_sdks_own_error(is_async):
    driver = Driver(VECTORS, [Refusal("rate_limited")], is_async)
    with pytest.raises(driver.sdk.RateLimitError) as caught:
        driver.run(embed, model=MODEL, input="a")
    assert caught.value.code == "rate_limit_exceeded"
