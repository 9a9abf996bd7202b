"""OpenAI's webhooks of batches in process: on the clock, and verified by the SDK."""

from __future__ import annotations

import asyncio
import time

import openai
import pytest
from support.batches import begun, begun_async
from support.webhook_apps import SECRET, an_app

from chaos_llm import outage
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import stuck_batch

URL = "https://app.example/webhook?of=openai"
BAD = b'{"custom_id": 1}'


class App:
    """An app behind the webhook's URL; it accepts the attempts from `fails` on."""

    def __init__(self, secret, fails=0, status=503, takes=0.0):
        self.client, self.fails = openai.OpenAI(webhook_secret=secret), fails
        self.status, self.takes = status, takes
        self.seen, self.ids, self.times = [], [], []

    def __call__(self, request):
        self.times.append(time.time())
        self.ids.append(request.headers["webhook-id"])
        self.seen.append(self.client.webhooks.unwrap(request.body, request.headers))
        if len(self.seen) <= self.fails:
            time.sleep(self.takes)
            return self.status
        return None


@pytest.fixture
def chaos():
    with outage() as running:
        yield running


def test_the_sdk_unwraps_the_webhook_of_a_completed_batch(chaos):
    app = App(SECRET)
    chaos.webhooks(URL, app, secret=SECRET)
    batch = begun(app.client)
    chaos.advance("5m")
    assert not app.seen
    chaos.advance("1m")
    (event,) = app.seen
    done = app.client.batches.retrieve(batch.id)
    assert (event.type, event.object, event.data.id) == ("batch.completed", "event", batch.id)
    assert type(event).__name__ == "BatchCompletedWebhookEvent"
    assert event.created_at == done.completed_at
    assert app.times[0] >= done.completed_at


def test_another_secret_is_not_verified(chaos):
    app = App("whsec_b3RoZXI=")
    hooks = chaos.webhooks(URL, app, secret=SECRET)
    begun(app.client)
    chaos.advance("6m")
    assert not app.seen
    assert {attempt.status for attempt in hooks.attempts} == {500}
    assert "InvalidWebhookSignatureError" in hooks.attempts[0].error


@pytest.mark.parametrize(
    ("data", "cancels", "event"),
    [(BAD, False, "batch.failed"), (None, True, "batch.cancelled")],
    ids=["failed", "cancelled"],
)
def test_a_batch_has_one_webhook_however_it_ends(chaos, data, cancels, event):
    app = App(SECRET)
    hooks = chaos.webhooks(URL, app, secret=SECRET)
    batch = begun(app.client, data)
    if cancels:
        app.client.batches.cancel(batch.id)
    chaos.advance("1d")
    (seen,) = app.seen
    ended = app.client.batches.retrieve(batch.id)
    assert (seen.type, f"batch.{ended.status}") == (event, event)
    assert seen.created_at == getattr(ended, f"{ended.status}_at")
    assert [attempt.status for attempt in hooks.attempts] == [200]


def test_a_batch_that_takes_too_long_expires(chaos):
    app = App(SECRET)
    chaos.webhooks(URL, app, secret=SECRET)
    chaos.on("openai").batches_take("30h")
    batch = begun(app.client)
    chaos.advance("23h")
    assert app.client.batches.retrieve(batch.id).status == "in_progress"
    chaos.advance("2h")
    (event,) = app.seen
    assert (event.type, event.data.id) == ("batch.expired", batch.id)
    assert event.created_at == app.client.batches.retrieve(batch.id).expired_at


@pytest.mark.parametrize("status", [302, 400, 503])
def test_a_refused_webhook_is_sent_again_with_the_same_id_and_waits_that_double(chaos, status):
    app = App(SECRET, fails=3, status=status)
    hooks = chaos.webhooks(URL, app, secret=SECRET)
    begun(app.client)
    chaos.advance("1h")
    assert [attempt.status for attempt in hooks.attempts] == [status, status, status, 200]
    assert [attempt.number for attempt in hooks.attempts] == [1, 2, 3, 4]
    assert len(set(app.ids)) == 1
    waits = [b - a for a, b in zip(app.times, app.times[1:], strict=False)]
    assert waits == pytest.approx([5, 10, 20], abs=0.001)


def test_it_is_given_up_after_72_hours(chaos):
    app = App(SECRET, fails=99)
    hooks = chaos.webhooks(URL, app, secret=SECRET)
    begun(app.client)
    chaos.advance("10d")
    first, last = hooks.attempts[0].at, hooks.attempts[-1].at
    assert 36 * 3600 < last - first <= 72 * 3600
    assert not any(attempt.delivered for attempt in hooks.attempts)


def test_an_app_that_answers_late_gets_it_again(chaos):
    app = App(SECRET, fails=1, status=200, takes=30.0)
    hooks = chaos.webhooks(URL, app, secret=SECRET)
    begun(app.client)
    chaos.advance("1h")
    assert [attempt.status for attempt in hooks.attempts] == [0, 200]


def test_a_second_copy_has_the_same_id(chaos):
    app = App(SECRET)
    chaos.webhooks(URL, app, secret=SECRET, copies=2, delay="10m")
    begun(app.client)
    chaos.advance("15m")
    assert not app.seen
    chaos.advance("1m")
    assert len(app.ids) == 2
    assert len(set(app.ids)) == 1


def test_only_the_events_that_are_asked_for_are_sent(chaos):
    app = App(SECRET)
    chaos.webhooks(URL, app, secret=SECRET, events=["batch.failed"])
    begun(app.client)
    bad = begun(app.client, BAD)
    chaos.advance("1h")
    assert [event.data.id for event in app.seen] == [bad.id]


def test_a_stuck_batch_has_no_webhook_until_it_is_healed(chaos):
    app = App(SECRET)
    chaos.webhooks(URL, app, secret=SECRET)
    chaos.on("openai").inject(stuck_batch())
    begun(app.client)
    chaos.advance("2h")
    assert not app.seen
    chaos.on("openai").heal()
    chaos.advance("2m")
    assert [event.type for event in app.seen] == ["batch.completed"]


def test_the_secret_is_the_one_that_the_sdk_reads(chaos, monkeypatch):
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    app = App(None)
    assert chaos.webhooks(URL, app).secret == SECRET
    begun(app.client)
    chaos.advance("6m")
    assert len(app.seen) == 1


def test_a_made_up_secret_verifies_too(chaos):
    requests = []
    hooks = chaos.webhooks(URL, requests.append)
    app = App(hooks.secret)
    begun(app.client)
    chaos.advance("312s")
    (request,) = requests
    app(request)
    assert len(app.seen) == 1
    assert repr(hooks) == f"<Webhooks to {URL}: 1 attempts>"


def test_a_wsgi_app_gets_it(chaos):
    client, seen = openai.OpenAI(webhook_secret=SECRET), []

    def app(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        headers = {name: environ["HTTP_" + name.upper().replace("-", "_")] for name in names}
        seen.append((client.webhooks.unwrap(body, headers), environ["PATH_INFO"]))
        start_response("204 No Content", [])
        return []

    hooks = chaos.webhooks(URL, app, secret=SECRET)
    batch = begun(client)
    chaos.advance("6m")
    assert [(event.data.id, path) for event, path in seen] == [(batch.id, "/webhook")]
    assert hooks.attempts[0].delivered


def test_an_asgi_app_gets_it_on_the_loop_of_the_test():
    seen = []

    async def main():
        client = openai.AsyncOpenAI(api_key="sk-test", webhook_secret=SECRET)
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        async def app(scope, receive, send):
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            event = client.webhooks.unwrap((await receive())["body"], headers)
            batch = await client.batches.retrieve(event.data.id)
            seen.append((event.type, batch.status, asyncio.get_running_loop() is loop))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            done.set()

        with outage() as chaos:
            chaos.webhooks(URL, app, secret=SECRET)
            await begun_async(client)
            async with asyncio.timeout(600):
                await done.wait()

    asyncio.run(main())
    assert seen == [("batch.completed", "completed", True)]


def test_an_async_handler_runs_without_a_loop_of_the_test(chaos):
    client, seen = openai.OpenAI(webhook_secret=SECRET), []

    async def handler(request):
        await asyncio.sleep(1)
        seen.append(client.webhooks.unwrap(request.body, request.headers).type)

    chaos.webhooks(URL, handler, secret=SECRET)
    begun(client)
    chaos.advance("6m")
    assert seen == ["batch.completed"]


def test_a_server_on_loopback_gets_it_and_one_that_is_down_does_not():
    with an_app(statuses=[500]) as (url, seen), outage() as chaos:
        hooks = chaos.webhooks(url, secret=SECRET)
        batch = begun(openai.OpenAI())
        chaos.advance("1h")
    assert [attempt.status for attempt in hooks.attempts] == [500, 200]
    assert seen == [("batch.completed", batch.id, "/webhook?a=b")] * 2
    with outage() as chaos:
        hooks = chaos.webhooks(url, secret=SECRET)
        begun(openai.OpenAI())
        chaos.advance("6m")
    assert {attempt.status for attempt in hooks.attempts} == {0}


def test_the_same_seed_sends_the_same_bytes():
    def sent():
        requests = []
        with outage("anthropic-529-storm", seed=7) as chaos:  # one without a profile begins now
            chaos.webhooks(URL, requests.append, secret=SECRET)
            begun(openai.OpenAI())
            chaos.advance("10m")
            lines = chaos.journal.to_jsonl()
        return requests, lines

    assert sent() == sent()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((URL,), {}, "would leave this machine"),
        (("app.example", print), {}, "begins with http"),
        ((URL, 7), {}, "ASGI app"),
        ((URL, lambda: None), {}, "takes 0"),
        ((URL, lambda request: None), {"secret": "whsec_?"}, "base64"),
        ((URL, lambda request: None), {"copies": 3}, "1 or 2"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(chaos, arguments, options, message):
    with pytest.raises(UsageError, match=message):
        chaos.webhooks(*arguments, **options)


@pytest.mark.parametrize("options", [{"events": ["batch.done"]}, {"secrets": SECRET}])
def test_unknown_events_and_options_are_refused(chaos, options):
    with pytest.raises(UnknownName, match=r"events?|secret"):
        chaos.webhooks(URL, lambda request: None, **options)


def test_webhooks_need_threads_on_the_clock():
    with outage(threads="refuse") as chaos, pytest.raises(UsageError, match="refuse"):
        chaos.webhooks(URL, lambda request: None)
