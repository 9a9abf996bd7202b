"""Anthropic's Message Batches from their creation to their results, by the SDK."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from support.sdk_drivers import Driver, each, settle
from support.wire_requests import BODIES, PROMPT, SCHEMA, reply_context, wire_request

from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.errors import Unsupported, UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Completion, Document, Request, WireRequest
from chaos_llm.providers import AnthropicBatches, ReplyContext, find

BATCHES = AnthropicBatches()
NOON = 1772452800.0
PARAMS = BODIES["messages"]
BAD = {"model": "claude-opus-4-6", "messages": []}
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@dataclass
class Outage(Driver):
    """What an engine does: it keeps what was created, and lends the script's voice."""

    now: float = NOON
    kept: dict[str, Any] = field(default_factory=dict)
    answered: list[Request] = field(default_factory=list)

    def speak(self, request: Request, key: str) -> Any:
        self.answered.append(request)
        return HealthyAnswers(7).answer(request, key)

    def _play(self, http: Any, sent: Any) -> Any:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        url = sent.url
        query = url.query.decode()
        wire = WireRequest(sent.method, url.host, url.path, query, headers, sent.content)
        provider = find("anthropic", wire.method, wire.path)
        request = provider.parse(wire)
        self.requests.append(request)
        stamped = ReplyContext(self.now, KeyedRandom(len(self.requests)), self.kept, self.speak)
        said = request.invalid or provider.healthy(request, stamped)
        reply = provider.render(request, said, stamped)
        return http.Response(reply.status, headers=list(reply.headers), content=reply.body)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def outage(request):
    return Outage(BATCHES, [], request.param)


def asked(*names, params=PARAMS):
    return [{"custom_id": name, "params": params} for name in names]


async def create(client, requests):
    return await settle(client.messages.batches.create(requests=requests))


async def retrieve(client, batch_id):
    return await settle(client.messages.batches.retrieve(batch_id))


async def cancel(client, batch_id):
    return await settle(client.messages.batches.cancel(batch_id))


async def delete(client, batch_id):
    return await settle(client.messages.batches.delete(batch_id))


async def results(client, batch_id):
    found = await settle(client.messages.batches.results(batch_id))
    return [result async for result in each(found)]


async def listed(client, **query):
    pages = client.messages.batches.list(**query)
    return [batch.id async for batch in each(pages)]


def test_a_new_batch_is_in_progress(outage):
    batch = outage.run(create, asked("a", "b"))
    assert batch.id.startswith("msgbatch_01")
    assert batch.processing_status == "in_progress"
    assert (batch.request_counts.processing, batch.request_counts.succeeded) == (2, 0)
    assert batch.results_url is None
    assert batch.ended_at is None
    assert (batch.expires_at - batch.created_at).total_seconds() == 86_400


def test_it_ends_in_its_time_and_says_where_the_results_are(outage):
    batch = outage.run(create, asked("a", "b"))
    outage.now += 299
    assert outage.run(retrieve, batch.id).processing_status == "in_progress"
    outage.now += 1
    ended = outage.run(retrieve, batch.id)
    assert ended.processing_status == "ended"
    assert (ended.request_counts.processing, ended.request_counts.succeeded) == (0, 2)
    url = f"https://api.anthropic.com/v1/messages/batches/{batch.id}/results"
    assert ended.results_url == url


def test_results_are_what_the_model_would_have_answered(outage):
    batch = outage.run(create, asked("a", "b"))
    outage.now += 300
    found = outage.run(results, batch.id)
    assert [result.custom_id for result in found] == ["a", "b"]
    texts = [result.result.message.content[0].text for result in found]
    assert all("KX-48213" in text for text in texts)
    assert texts[0] != texts[1]
    assert [request.prompt for request in outage.answered] == [PROMPT, PROMPT]
    assert {result.result.message.model for result in found} == {PARAMS["model"]}


def test_results_are_the_same_whenever_they_are_read(outage):
    batch = outage.run(create, asked("a"))
    outage.now += 300
    first = outage.run(results, batch.id)
    outage.now += 3600
    assert outage.run(results, batch.id) == first


def test_tools_and_schemas_inside_a_batch_are_heard(outage):
    tools = PARAMS | {"tools": [{"name": "track", "input_schema": SCHEMA}]}
    batch = outage.run(create, asked("a", params=tools))
    outage.now += 300
    (found,) = outage.run(results, batch.id)
    assert found.result.message.content[0].name == "track"
    assert found.result.message.stop_reason == "tool_use"


def test_a_bad_request_in_a_good_batch_is_errored(outage):
    batch = outage.run(create, asked("good") + asked("bad", params=BAD))
    outage.now += 300
    counts = outage.run(retrieve, batch.id).request_counts
    assert (counts.succeeded, counts.errored) == (1, 1)
    good, bad = outage.run(results, batch.id)
    assert good.result.type == "succeeded"
    assert bad.result.type == "errored"
    assert bad.result.error.error.type == "invalid_request_error"


def test_a_cancelled_batch_ends_soon_with_nothing_done(outage):
    batch = outage.run(create, asked("a", "b"))
    outage.now += 60
    assert outage.run(cancel, batch.id).processing_status == "canceling"
    outage.now += 10
    ended = outage.run(retrieve, batch.id)
    assert (ended.processing_status, ended.request_counts.canceled) == ("ended", 2)
    assert {result.result.type for result in outage.run(results, batch.id)} == {"canceled"}


def test_cancelling_twice_or_too_late_changes_nothing(outage):
    batch = outage.run(create, asked("a"))
    outage.now += 60
    first = outage.run(cancel, batch.id)
    outage.now += 5
    again = outage.run(cancel, batch.id)
    assert again.cancel_initiated_at == first.cancel_initiated_at
    other = outage.run(create, asked("b"))
    outage.now += 300
    assert outage.run(cancel, other.id).request_counts.succeeded == 1


def test_batches_are_listed_from_the_newest_over_many_pages(outage):
    made = [outage.run(create, asked("a")).id for _ in range(5)]
    assert outage.run(listed) == made[::-1]
    assert outage.run(listed, limit=2) == made[::-1]
    assert len([r for r in outage.requests if r.body["method"] == "GET"]) == 1 + 3
    assert outage.run(listed, before_id=made[2]) == [made[4], made[3]]


def test_an_empty_list_is_no_error(outage):
    assert outage.run(listed) == []


def test_a_batch_can_be_deleted_once_it_has_ended(outage):
    sdk = outage.sdk
    batch = outage.run(create, asked("a"))
    with pytest.raises(sdk.BadRequestError):
        outage.run(delete, batch.id)
    outage.now += 300
    assert outage.run(delete, batch.id).type == "message_batch_deleted"
    with pytest.raises(sdk.NotFoundError):
        outage.run(retrieve, batch.id)


def test_results_before_the_end_are_not_there(outage):
    batch = outage.run(create, asked("a"))
    path = f"/v1/messages/batches/{batch.id}/results"
    request = BATCHES.parse(wire_request(BATCHES, path=path))
    said = BATCHES.healthy(request, ReplyContext(NOON, KeyedRandom(1), outage.kept))
    assert said.kind == "not_found"


def test_an_unknown_batch_is_not_found(outage):
    with pytest.raises(outage.sdk.NotFoundError, match="msgbatch_none"):
        outage.run(retrieve, "msgbatch_none")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "requests: Field required"),
        ({"requests": []}, "requests: at least one"),
        ({"requests": ["a"]}, "requests.0.custom_id"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params"),
        ({"requests": asked("a", "a")}, "unique"),
        (b"[", "JSON"),
    ],
)
def test_a_bad_batch_is_refused_as_a_whole(body, message):
    request = BATCHES.parse(wire_request(BATCHES, method="POST", body=body))
    assert request.invalid.kind == "invalid_request"
    assert message in request.invalid.message


def test_one_outage_knows_nothing_of_another():
    path = "/v1/messages/batches"
    wire = wire_request(BATCHES, method="POST", path=path, body={"requests": asked("a")})
    made = BATCHES.healthy(BATCHES.parse(wire), reply_context()).json["id"]
    seen = BATCHES.parse(wire_request(BATCHES, path=f"{path}/{made}"))
    assert BATCHES.healthy(seen, reply_context()).kind == "not_found"


def test_results_that_nobody_can_speak_are_a_mistake_and_no_empty_answers():
    path, kept = "/v1/messages/batches", {}
    wire = wire_request(BATCHES, method="POST", body={"requests": asked("a")})
    made = BATCHES.healthy(BATCHES.parse(wire), ReplyContext(NOON, KeyedRandom(1), kept)).json["id"]
    request = BATCHES.parse(wire_request(BATCHES, path=f"{path}/{made}/results"))
    with pytest.raises(UsageError, match="speak"):
        BATCHES.healthy(request, ReplyContext(NOON + 300, KeyedRandom(1), kept))


def test_a_gateways_prefix_and_a_local_port_stay_in_the_results_address():
    path, kept = "/eu/v1/messages/batches", {}
    host = {"host": "127.0.0.1:8080", "path": path}
    wire = wire_request(BATCHES, method="POST", body={"requests": asked("a")}, **host)
    made = BATCHES.healthy(BATCHES.parse(wire), ReplyContext(NOON, KeyedRandom(1), kept)).json["id"]
    request = BATCHES.parse(wire_request(BATCHES, **(host | {"path": f"{path}/{made}"})))
    shown = BATCHES.healthy(request, ReplyContext(NOON + 300, KeyedRandom(1), kept)).json
    assert shown["results_url"] == f"http://127.0.0.1:8080{path}/{made}/results"


def test_no_model_speaks_at_a_batch_itself():
    request = BATCHES.parse(wire_request(BATCHES))
    with pytest.raises(Unsupported):
        BATCHES.render(request, Completion("hello"), reply_context())


def test_results_are_lines_of_json():
    request = replace(BATCHES.parse(wire_request(BATCHES)), path="/v1/messages/batches/x/results")
    reply = BATCHES.render(request, Document([{"a": "ü"}, {"b": 1}]), reply_context())
    lines = reply.body.decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"a": "ü"}, {"b": 1}]
    assert reply.pieces == 2
    assert dict(reply.headers)["content-length"] == str(len(reply.body))
