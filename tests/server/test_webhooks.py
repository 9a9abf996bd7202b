"""Webhooks of OpenAI's batches from the server: a real app with the real SDK gets them."""

from __future__ import annotations

import json

import openai
import pytest
from support.batches import begun
from support.raw_sockets import asked, request
from support.waiting import wait_until
from support.webhook_apps import SECRET, an_app

from chaos_llm.errors import UsageError
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings


@pytest.fixture
def server():
    with ServerThread(Settings(clock="manual")) as thread:
        yield thread.hand().url


def steered(url, path, /, **given):
    reply = asked(url, request(f"/__chaos/{path}", json.dumps(given).encode()))
    return reply.status, reply.json


def sent_by(url):
    return asked(url, request("/__chaos/webhooks", b"", "GET")).json


def begun_at(url):
    with openai.OpenAI(base_url=f"{url}/openai/v1", api_key="sk-test") as client:
        return begun(client)


def test_an_app_gets_the_webhook_when_the_clock_gets_there(server):
    with an_app(statuses=[503]) as (app, seen):
        status, said = steered(server, "webhooks", url=app, secret=SECRET)
        assert (status, said) == (200, {"url": app, "attempts": []})
        batch = begun_at(server)
        steered(server, "advance", by="5m")
        assert not seen
        steered(server, "advance", by="1m")
        wait_until(lambda: len(sent_by(server)["attempts"]) == 1)
        steered(server, "advance", by="1m")
        wait_until(lambda: len(sent_by(server)["attempts"]) == 2)
    assert seen == [("batch.completed", batch.id, "/webhook?a=b")] * 2
    assert [a["status"] for a in sent_by(server)["attempts"]] == [503, 200]
    assert [a["delivered"] for a in sent_by(server)["attempts"]] == [False, True]


def test_an_app_that_is_down_has_no_status(server):
    with an_app() as (app, _seen):
        pass
    steered(server, "webhooks", url=app, secret=SECRET)
    begun_at(server)
    steered(server, "advance", by="6m")
    wait_until(lambda: sent_by(server)["attempts"])
    (attempt,) = sent_by(server)["attempts"]
    assert attempt["status"] == 0
    assert "ConnectionRefusedError" in attempt["error"]


def test_a_made_up_secret_is_in_the_answer_and_a_reset_keeps_the_endpoint(server):
    with an_app(secret="whsec_b3RoZXI=") as (app, _seen):
        _, said = steered(server, "webhooks", url=app)
    with an_app(secret=said["secret"]) as (app, seen):
        steered(server, "webhooks", url=app, secret=said["secret"], copies=2, delay="1m")
        steered(server, "reset")
        begun_at(server)
        steered(server, "advance", by="10m")
        wait_until(lambda: len(sent_by(server)["attempts"]) == 2)
    assert len(seen) == 2


def test_a_batch_of_the_server_expires_when_a_test_lets_it_take_too_long():
    with an_app() as (app, seen), ServerThread(Settings(clock="manual")) as thread:
        hand = thread.hand()
        hand.on("openai").batches_take("30h")
        steered(hand.url, "webhooks", url=app, secret=SECRET)
        batch = begun_at(hand.url)
        steered(hand.url, "advance", by="25h")
        wait_until(lambda: sent_by(hand.url)["attempts"])
    assert seen == [("batch.expired", batch.id, "/webhook?a=b")]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"url": "ftp://app"},
        {"url": "http://a b/"},
        {"url": "http://app:port/"},
        {"url": 7},
        {"url": "http://app/", "copies": 3},
        {"url": "http://app/", "events": "batch.completed"},
        {"url": "http://app/", "events": ["batch.done"]},
        {"url": "http://app/", "delay": "soon"},
        {"url": "http://app/", "delay": []},
        {"url": "http://app/", "secret": "whsec_?"},
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_in_words(server, given):
    status, said = steered(server, "webhooks", **given)
    assert status == 400
    assert said["error"]


def test_the_option_sends_them_from_the_start(monkeypatch):
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    with an_app() as (app, seen), ServerThread(Settings(clock="manual", webhooks=app)) as thread:
        url = thread.hand().url
        batch = begun_at(url)
        steered(url, "advance", by="6m")
        wait_until(lambda: sent_by(url)["attempts"])
    assert seen == [("batch.completed", batch.id, "/webhook?a=b")]


def test_the_option_needs_a_secret(monkeypatch):
    monkeypatch.delenv("OPENAI_WEBHOOK_SECRET", raising=False)
    with pytest.raises(UsageError, match="OPENAI_WEBHOOK_SECRET"):
        Settings(webhooks="http://127.0.0.1:8000/webhook")
