"""OpenAI's models on Azure, read by OpenAI's own client for it."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.sdk_drivers import Driver, each, settle
from support.vendor_sdks import STAINLESS
from support.wire_requests import (
    BODIES,
    CALLED,
    PROMPT,
    SAID,
    SAID_AND_CALLED,
    TEXT,
    reply_context,
    streaming_request,
    wire_request,
)

from chaos_llm.protocol.messages import Break, Refusal
from chaos_llm.protocol.rate_limits import Bucket, Quota
from chaos_llm.providers import (
    AzureChat,
    AzureEmbeddings,
    AzureModels,
    AzureResponses,
    find,
)
from chaos_llm.requests.hosts import host_map

CHAT = AzureChat()
BODY = BODIES["chat"]
DEPLOYED = "/openai/deployments/our-gpt/chat/completions"
DATED = "api-version=2024-10-21"
way = pytest.mark.parametrize("way", ["whole", "stream"])


@dataclass
class Azure(Driver):
    """AzureOpenAI against these formats; it makes the deployment of the model's name."""

    deployment: str | None = None

    def client(self) -> Any:
        http = importlib.import_module("httpx2" if self.on_httpx2 else "httpx")
        transport = http.MockTransport(lambda request: self._play(http, request))
        flavour = "Async" if self.is_async else ""
        return getattr(self.sdk, flavour + "AzureOpenAI")(
            api_key="secret",
            azure_endpoint="https://acme.openai.azure.com",
            azure_deployment=self.deployment,
            api_version="2024-10-21",
            max_retries=0,
            http_client=getattr(http, flavour + "Client")(transport=transport),
        )


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def azure(request):
    return lambda *answers, **more: Azure(CHAT, list(answers), request.param, **more)


@way
@pytest.mark.parametrize("deployment", [None, "our-gpt"])
def test_the_sdk_reads_an_answer_from_a_deployment(azure, way, deployment):
    driver = azure(SAID, deployment=deployment)
    seen = driver.run(getattr(STAINLESS, way), **BODY)
    assert (seen.text, seen.stop) == (TEXT, "stop")
    (request,) = driver.requests
    assert (request.provider, request.api) == ("azure-openai", "chat")
    assert request.path == f"/openai/deployments/{deployment or BODY['model']}/chat/completions"


@way
@pytest.mark.parametrize("said", [CALLED, SAID_AND_CALLED], ids=["calls", "text-and-calls"])
def test_the_sdk_reads_tool_calls(azure, way, said):
    seen = azure(said).run(getattr(STAINLESS, way), **BODY)
    assert seen.text == said.text
    assert seen.calls == [(call.name, json.loads(call.arguments)) for call in said.tool_calls]


def test_the_sdk_reads_responses_embeddings_and_models(azure):
    driver = azure(SAID)

    async def all_of_them(client):
        answer = await settle(client.responses.create(model="gpt-5.2", input=PROMPT))
        vectors = await settle(client.embeddings.create(model="ada", input="a"))
        pages = client.models.list()
        return answer.output_text, vectors, [model.id async for model in each(pages)]

    text, vectors, models = driver.run(all_of_them)
    assert text == TEXT
    assert len(vectors.data[0].embedding) == 1536
    assert "gpt-5.2" in models
    assert [request.path for request in driver.requests] == [
        "/openai/responses",
        "/openai/deployments/ada/embeddings",
        "/openai/models",
    ]


def test_a_stream_begins_with_a_chunk_without_a_choice(azure):
    async def first(client):
        stream = each(await settle(client.chat.completions.create(stream=True, **BODY)))
        return await anext(stream)

    assert azure(SAID).run(first).choices == []
    whole = CHAT.render(CHAT.parse(wire_request(CHAT)), SAID, reply_context())
    assert json.loads(whole.body)["prompt_filter_results"][0]["prompt_index"] == 0


@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_a_refusal_raises_the_class_of_its_status(azure, kind):
    driver = azure(Refusal(kind))
    with pytest.raises(driver.sdk.APIStatusError) as caught:
        driver.run(STAINLESS.whole, **BODY)
    error, reply = caught.value, driver.replies[0]
    assert error.status_code == reply.status
    assert error.request_id == dict(reply.headers)["x-request-id"]
    assert len(dict(reply.headers)["apim-request-id"]) == 36


def test_an_error_in_a_stream_is_raised(azure):
    driver, told = azure(replace(SAID, broken_by=Break(0.5, Refusal("server_error")))), []
    with pytest.raises(driver.sdk.APIError, match="Azure support"):
        driver.run(STAINLESS.stream, told, **BODY)
    assert TEXT.startswith("".join(told))
    assert "".join(told)


def refused(refusal, provider=CHAT, **changes):
    request = provider.parse(wire_request(provider, **changes))
    reply = provider.render(request, request.invalid or refusal, reply_context())
    return reply, json.loads(reply.body)["error"]


def test_the_gateway_says_only_a_code_and_a_message():
    reply, error = refused(Refusal("auth_expired"))
    assert reply.status == 401
    assert error == {
        "code": "401",
        "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure "
        "to provide a valid key for an active subscription and use a correct regional API endpoint "
        "for your resource.",
    }
    assert refused(Refusal("not_found"))[1]["code"] == "DeploymentNotFound"


@pytest.mark.parametrize(
    ("azures", "operation"),
    [
        (CHAT, "ChatCompletions_Create"),
        (AzureResponses(), "Responses_Create"),
        (AzureEmbeddings(), "Embeddings_Create"),
    ],
    ids=["chat", "responses", "embeddings"],
)
def test_a_limit_names_its_operation_and_its_wait_three_times(azures, operation):
    reply, error = refused(Refusal("rate_limited", retry_after=45), azures)
    assert reply.status == 429
    assert error["code"] == "429"
    assert f"Requests to the {operation} Operation" in error["message"]
    assert "Please retry after 45 seconds." in error["message"]
    headers = dict(reply.headers)
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("45", "45000")


def test_a_limit_without_a_wait_has_no_header_for_it():
    reply, error = refused(Refusal("rate_limited"))
    assert "Please retry after 45 seconds." in error["message"]
    assert not {"retry-after", "retry-after-ms"} & dict(reply.headers).keys()


def test_the_models_own_errors_are_openais_with_azures_address():
    reply, error = refused(Refusal("server_error"))
    assert (reply.status, error["type"]) == (500, "server_error")
    assert dict(reply.headers)["x-request-id"] in error["message"]
    _, error = refused(None, body={"model": "m"})
    assert error["param"] == "messages"


def test_a_deployment_is_asked_for_with_a_version():
    reply, error = refused(None, path=DEPLOYED)
    assert (reply.status, error) == (404, {"code": "404", "message": "Resource not found"})
    for dated in ({"path": DEPLOYED, "query": DATED}, {"path": "/openai/v1/chat/completions"}):
        assert CHAT.parse(wire_request(CHAT, **dated)).invalid is None


def test_a_deployment_stands_for_the_model():
    body = {"messages": BODY["messages"]}
    wire = wire_request(CHAT, path=DEPLOYED, query=DATED, body=body, headers={"api-key": "secret"})
    request = CHAT.parse(wire)
    assert (request.invalid, request.model) == (None, "our-gpt")
    assert request.credential


@pytest.mark.parametrize(
    ("method", "path", "api"),
    [
        ("POST", DEPLOYED, "chat"),
        ("POST", "/openai/v1/responses", "responses"),
        ("POST", "/openai/deployments/ada/embeddings", "embeddings"),
        ("GET", "/openai/models/our-gpt", "models"),
    ],
)
def test_every_path_finds_its_format(method, path, api):
    assert find("azure-openai", method, path).api == api
    assert isinstance(find("azure-openai", "GET", "/openai/models"), AzureModels)


def test_every_resource_of_azures_is_azure(tmp_path):
    hosts = host_map({}, tmp_path)
    for domain in ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"):
        assert hosts.names(f"acme-eu.{domain}") == ("azure-openai",)


def test_two_headers_tell_what_is_left_of_a_quota():
    state = Bucket(Quota(60, 6000)).take(0.0, 1000)
    assert CHAT.quota_headers(state) == (
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "5000"),
    )


def test_a_choice_is_marked_by_the_filter():
    reply = CHAT.render(streaming_request(CHAT), SAID, reply_context())
    chunk = json.loads(reply.chunks[2].data.removeprefix(b"data: "))
    assert list(chunk) == ["choices", "created", "id", "model", "object", "system_fingerprint"]
    assert chunk["choices"][0]["content_filter_results"] == {}
