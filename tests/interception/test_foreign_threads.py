"""A call from a thread in real time is refused, and the app cannot hide the error."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from functools import partial

import pytest
from support.http_clients import BODY, HEADERS, HTTPS, MESSAGES
from support.waiting import PATIENCE

from chaos_llm import outage
from chaos_llm.errors import ForeignThread
from chaos_llm.faults import slow_tokens

sync_http = pytest.mark.parametrize(
    "sync", [http for http in HTTPS if not http.is_async], ids=lambda http: http.library
)


def ask(sync):
    """A call as an app makes it, with an `except Exception`."""
    try:
        return sync.ask().status_code
    except Exception:
        return "an app's fallback"


def opened(client):
    return client.stream("POST", MESSAGES, json=BODY | {"stream": True}, headers=HEADERS)


def in_thread(work):
    thread = threading.Thread(target=work, name="old-worker", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


class Worker:
    """A thread that the app started before the outage."""

    def __init__(self):
        self.jobs = queue.Queue()
        self.thread = threading.Thread(target=self.work, name="older worker", daemon=True)
        self.thread.start()

    def work(self):
        while (job := self.jobs.get()) is not None:
            future, function = job
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

    def submit(self, function, *args):
        future = Future()
        self.jobs.put((future, partial(function, *args)))
        return future


@pytest.fixture
def older_worker():
    worker = Worker()
    yield worker
    worker.jobs.put(None)
    worker.thread.join(PATIENCE)


@sync_http
def test_the_error_for_a_thread_from_before_the_outage_names_it(sync, older_worker):
    says = r"'older worker' called POST api\.anthropic\.com"
    with pytest.raises(ForeignThread, match=says), outage() as chaos:
        with pytest.raises(ForeignThread):
            older_worker.submit(ask, sync).result()
        assert len(chaos.journal) == 0


@sync_http
def test_it_is_raised_in_the_test_even_if_the_app_catches_everything(sync, older_worker):
    def swallow():
        try:
            ask(sync)
        except BaseException:
            return "hidden"

    with pytest.raises(ForeignThread), outage():
        assert older_worker.submit(swallow).result() == "hidden"


@sync_http
def test_it_is_raised_even_if_gather_returns_it_as_a_value(sync, older_worker):
    async def scene():
        work = [asyncio.wrap_future(older_worker.submit(ask, sync)) for _ in range(2)]
        return await asyncio.gather(*work, return_exceptions=True)

    with pytest.raises(ForeignThread), outage():
        assert [type(value) for value in asyncio.run(scene())] == [ForeignThread] * 2


@sync_http
def test_a_stream_that_a_real_time_thread_reads_is_refused_where_it_would_wait(sync):
    """Web frameworks iterate sync streams in their thread pools."""
    read = []

    def consume(response):
        try:
            read.extend(response.iter_raw())
        except BaseException as error:
            read.append(type(error))

    with pytest.raises(ForeignThread), outage() as chaos:
        chaos.on("anthropic").inject(slow_tokens(1))
        with sync.client() as client, opened(client) as response, chaos.clock.unmanaged():
            in_thread(lambda: consume(response))
        assert read[-1] is ForeignThread


@sync_http
def test_other_hosts_can_be_called_from_any_thread(sync, older_worker, loopback):
    with outage():
        assert older_worker.submit(lambda: sync.ask(url=loopback).text).result() == "real"


@sync_http
def test_after_the_outage_the_thread_reaches_real_hosts_again(sync, older_worker, loopback):
    with pytest.raises(ForeignThread), outage():
        older_worker.submit(ask, sync).exception()
    assert older_worker.submit(lambda: sync.ask(url=loopback).text).result() == "real"


def test_a12_a_test_client_shared_by_a_session_works_after_the_refusal(pytester):
    """The call is refused with an error, and the client's portal works until its teardown."""
    pytester.makepyfile(
        """
        import httpx, pytest
        from fastapi import FastAPI
        from fastapi.testclient import TestClient

        app = FastAPI()
        MODELS = "https://api.openai.com/v1/models"

        @app.get("/async")
        async def by_the_loop():
            async with httpx.AsyncClient() as client:
                return (await client.get(MODELS)).status_code

        @app.get("/sync")
        def by_a_worker():
            return httpx.get(MODELS).status_code

        @app.get("/health")
        async def health():
            return "well"

        @pytest.fixture(scope="session")
        def client():
            with TestClient(app) as client:
                yield client

        @pytest.mark.parametrize("path", ["/async", "/sync"])
        def test_refused(client, chaos, path):
            client.get(path)

        def test_of_the_app_alone(client):
            assert client.get("/health").json() == "well"

        def test_entered_inside(chaos):
            with TestClient(app) as client:
                assert client.get("/async").json() == 401
        """
    )
    run = pytester.runpytest_subprocess("-p", "no:randomly")
    run.assert_outcomes(failed=2, passed=2, errors=0)
    run.stdout.fnmatch_lines(["*ForeignThread: thread 'asyncio-portal*TestClient inside the test*"])
