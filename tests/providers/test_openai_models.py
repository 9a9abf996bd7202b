"""OpenAI's list of models, read by its SDK."""

from __future__ import annotations

import pytest
from support.sdk_drivers import Driver, each, settle
from support.wire_requests import SAID, wire_request

from chaos_llm.protocol.messages import Refusal
from chaos_llm.providers import OpenAIModels, find

flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def driver(is_async):
    return Driver(OpenAIModels(), [SAID], is_async)


async def listed(client):
    return [model async for model in each(client.models.list())]


async def one(client, name):
    return await settle(client.models.retrieve(name))


@flavour
def test_the_sdk_lists_the_models(is_async):
    models = driver(is_async).run(listed)
    assert "gpt-5.2" in [model.id for model in models]
    assert {model.object for model in models} == {"model"}
    assert all(model.created > 0 and model.owned_by for model in models)


@flavour
@pytest.mark.parametrize("name", ["gpt-5.2", "ft:gpt-4.1:acme::abc", "org/model"])
def test_any_model_that_is_named_is_there(is_async, name):
    assert driver(is_async).run(one, name).id == name


def test_the_list_is_asked_for_with_a_key_and_without_a_body():
    models = OpenAIModels()
    assert find("openai", "GET", "/v1/models/gpt-5.2").api == "models"
    assert models.parse(wire_request(models)).invalid is None
    assert models.parse(wire_request(models, headers={})).invalid.kind == "auth_expired"


@flavour
def test_a_health_check_can_fail(is_async):
    down = Driver(OpenAIModels(), [Refusal("overloaded")], is_async)
    with pytest.raises(down.sdk.InternalServerError):
        down.run(listed)
