"""Apps with threads, loops and servers in one process: all on the outage's clock."""

from __future__ import annotations

import asyncio
import http.server
import queue
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import pairwise

import anthropic
import anyio.from_thread
import anyio.to_thread
import pytest
import trio
from support.apps.bots import MODEL, ask_async, ask_once
from support.real_servers import OkPage
from support.small_profiles import MINUTE, profile_of, window
from support.threads import nap, run_together
from support.waiting import PATIENCE

from chaos_llm import outage
from chaos_llm.errors import Deadlock, ForeignThread, HarnessError, HorizonReached, UsageError
from chaos_llm.faults import hang, latency

BAD_HALF_HOUR = profile_of(
    window(begins=10 * MINUTE, ends=40 * MINUTE, share=0.5, sticky_by="request")
)

# Made when the app is imported, as most are.
POOL = ThreadPoolExecutor(4)
ONE_AT_A_TIME = threading.Lock()
JOBS: queue.Queue = queue.Queue()


class TestWebApp:
    """FastAPI behind its TestClient: a portal's loop, its worker threads, and client threads."""

    fastapi = pytest.importorskip("fastapi")

    @pytest.fixture
    def app(self):
        beats = []

        @asynccontextmanager
        async def lifespan(app):
            async def beat():
                while True:
                    await asyncio.sleep(60)
                    beats.append(time.monotonic())

            heart = asyncio.create_task(beat())
            yield
            heart.cancel()

        app = self.fastapi.FastAPI(lifespan=lifespan)
        app.state.beats = beats
        slow = anthropic.Anthropic(api_key="k", max_retries=0, timeout=30)
        slow_async = anthropic.AsyncAnthropic(api_key="k", max_retries=0, timeout=30)

        @app.get("/sync")
        def answer(question: str):
            try:
                return slow.messages.create(**said(question)).content[0].text
            except anthropic.APIError as error:
                return type(error).__name__

        @app.get("/async")
        async def answer_async(question: str):
            try:
                return (await slow_async.messages.create(**said(question))).content[0].text
            except anthropic.APIError as error:
                return type(error).__name__

        return app

    @pytest.fixture
    def client(self):
        return pytest.importorskip("fastapi.testclient").TestClient

    @pytest.mark.parametrize("path", ["/sync", "/async"])
    def test_an_endpoint_times_out_on_time_while_its_lifespan_beats(self, app, client, path):
        with outage() as chaos:
            chaos.on("anthropic").inject(hang())
            with client(app) as browser:
                assert browser.get(path, params={"question": "a"}).json() == "APITimeoutError"
                assert chaos.now == 30
                chaos.on("anthropic").heal()
                time.sleep(3600 - 30)
                assert len(browser.get(path, params={"question": "b"}).json()) > 20
                assert chaos.now == 3600
            assert len(app.state.beats) in (59, 60)

    def test_client_threads_take_turns_the_same_way_every_time(self, app, client):
        def scene():
            with outage(BAD_HALF_HOUR) as chaos, client(app) as browser:

                def user(number):
                    for call in range(4):
                        path = "/sync" if (number + call) % 2 else "/async"
                        browser.get(path, params={"question": f"{number}.{call}"})
                        time.sleep(500 + number)

                run_together(*(lambda n=n: user(n) for n in range(4)))
                return chaos.journal.to_jsonl(), chaos.now

        first = scene()
        assert first[1] == 4 * 503
        assert first[0].count("\n") == 16
        assert scene() == first

    def test_endpoints_requests_belong_to_the_calls_of_a_replay(self, app, client):
        with outage(BAD_HALF_HOUR) as chaos, client(app) as browser:

            def ask(question):
                return browser.get("/sync", params={"question": question}).json()

            report = chaos.replay(ask, calls=12, users=3)
            calls = [exchange.key.call for exchange in chaos.journal]
        assert sorted(calls) == list(range(12))
        assert report.primary > 0


def said(question):
    return {
        "model": MODEL,
        "max_tokens": 99,
        "messages": [{"role": "user", "content": question}],
    }


class TestWorkersOfLoops:
    def test_to_thread_and_run_in_executor_work_side_by_side(self):
        async def scene():
            loop = asyncio.get_running_loop()
            await asyncio.gather(
                asyncio.to_thread(nap, 30),
                loop.run_in_executor(None, nap, 20),
                loop.run_in_executor(POOL, nap, 40),
                asyncio.sleep(10),
            )

        with outage() as chaos:
            asyncio.run(scene())
            assert chaos.now == 40

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_anyios_workers_and_portals(self, backend):
        async def scene():
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.to_thread.run_sync, nap, 30)
                group.start_soon(anyio.to_thread.run_sync, lambda: from_thread(anyio.sleep, 50))
                group.start_soon(anyio.sleep, 10)

        from_thread = anyio.from_thread.run
        with outage() as chaos:
            anyio.run(scene, backend=backend)
            assert chaos.now == 50
            with anyio.from_thread.start_blocking_portal(backend) as portal:
                portal.call(anyio.sleep, 7)
                later = portal.start_task_soon(anyio.sleep, 20)
                time.sleep(3)
                later.result(timeout=18)
            assert chaos.now == 77

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_the_async_sdk_waits_virtually_on_both_backends(self, backend):
        with outage() as chaos:
            chaos.on("anthropic").inject(latency(seconds=25))
            assert anyio.run(ask_async, "hello", backend=backend)
            assert chaos.now == 25

    def test_trios_own_deadlines_hold_for_the_sdk(self):
        async def scene():
            with trio.move_on_after(12) as scope:
                await ask_async("hello")
            return scope.cancelled_caught

        with outage() as chaos:
            chaos.on("anthropic").inject(latency(seconds=25))
            assert trio.run(scene)
            assert chaos.now == 12
            assert chaos.journal[0].end == "abandoned"


class TestObjectsMadeAtImport:
    def test_a_lock_is_held_while_its_owner_sleeps(self):
        ended = []
        with outage() as chaos:

            def work():
                with ONE_AT_A_TIME:
                    time.sleep(10)
                    ended.append(chaos.now)

            run_together(work, work, work)
        assert ended == [10, 20, 30]

    def test_an_executor_works_on_the_clock_in_two_outages_and_really_between(self):
        for _ in range(2):
            with outage() as chaos:
                assert list(POOL.map(nap, [10, 20, 30])) == [10, 20, 30]
                assert chaos.now == 30
            began = time.monotonic()
            POOL.submit(nap, 0.01).result()
            assert 0.01 <= time.monotonic() - began < PATIENCE


def by_pool(ask, text):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask, text).result()


def by_pool_of_import(ask, text):
    return POOL.submit(ask, text).result()


def by_thread(ask, text):
    got = []
    run_together(lambda: got.append(ask(text)))
    return got[0]


def by_queue(ask, text):
    answers = queue.Queue()
    JOBS.put((ask, text, answers))
    return answers.get()


def by_to_thread(ask, text):
    return asyncio.run(asyncio.to_thread(ask, text))


def by_task(ask, text):
    async def scene():
        return await asyncio.create_task(ask_async(text))

    return asyncio.run(scene())


def by_portal(ask, text):
    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(ask_async, text)


@pytest.fixture
def consumers():
    """Threads that take jobs from a queue, without the context of any call."""
    begun = []

    def begin():
        for number in range(2):
            threading.Thread(target=consume, daemon=True).start()
            begun.append(number)

    def consume():
        while True:
            job = JOBS.get()
            if job is None:
                return
            ask, text, answers = job
            answers.put(ask(text))

    yield begin
    for _ in begun:
        JOBS.put(None)


@pytest.mark.parametrize(
    "way",
    [by_pool, by_pool_of_import, by_thread, by_queue, by_to_thread, by_task, by_portal],
)
def test_a_request_belongs_to_its_call_whatever_thread_makes_it(way, consumers):
    with outage() as chaos:
        chaos.on("anthropic").inject(latency(seconds=40))
        if way is by_queue:
            consumers()
        report = chaos.replay(lambda text: way(ask_once, text), calls=12, every=None, users=4)
        for call in report.run.calls:
            theirs = [exchange for exchange in chaos.journal if exchange.key.call == call.number]
            assert [exchange.key.user for exchange in theirs] == [call.user]
            assert call.token in call.text
            assert theirs[0].at == pytest.approx(call.began)
    assert report.primary == 1.0


def test_a_portal_that_all_users_share_keeps_their_requests_apart():
    with outage() as chaos, anyio.from_thread.start_blocking_portal() as portal:
        chaos.on("anthropic").inject(latency(seconds=40))
        report = chaos.replay(lambda text: portal.call(ask_async, text), calls=12, users=4)
        owners = [exchange.key.call for exchange in chaos.journal]
    assert sorted(owners) == list(range(12))
    assert report.primary == 1.0


def decisions(chaos):
    return sorted(
        (e.key.call, e.key.attempt, e.provider, e.status, e.fault_effects, round(e.at, 6))
        for e in chaos.journal
    )


class TestUsersOfASyncApp:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_meet_the_same_decisions_as_those_of_its_async_form(self, seed):
        options = {"calls": 80, "users": 8}
        with outage(BAD_HALF_HOUR, seed=seed) as chaos:
            sync_report = chaos.replay(ask_once, **options)
            threads = decisions(chaos)
        with outage(BAD_HALF_HOUR, seed=seed) as chaos:
            async_report = chaos.replay(ask_once_async, **options)
            tasks = decisions(chaos)
        assert len(threads) == 80
        assert {status for _, _, _, status, _, _ in threads} == {200, 529}
        assert threads == tasks
        outcomes = [[call.outcome for call in r.run.calls] for r in (sync_report, async_report)]
        assert outcomes[0] == outcomes[1]

    def test_overlap_while_they_wait(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(latency(seconds=150))
            report = chaos.replay(ask_once, calls=16, users=8, warmup=0, recovery="30m")
            spans = [(call.began, call.ended) for call in report.run.calls]
        assert {round(end - began, 6) for began, end in spans} == {150}
        assert sum(later < end for (_, end), (later, _) in pairwise(spans)) > 8

    def test_are_refused_where_threads_are(self):
        with outage(threads="refuse") as chaos:
            with pytest.raises(UsageError, match="several users of a sync function need threads"):
                chaos.replay(ask_once, calls=4, users=2)
            assert chaos.replay(ask_once, calls=4).primary == 1.0

    def test_a_usage_error_of_one_of_them_is_the_tests(self):
        def app(question):
            raise UsageError("a wrong argument")

        with outage() as chaos, pytest.raises(UsageError, match="a wrong argument"):
            chaos.replay(app, calls=8, users=4)

    def test_a_harness_error_of_one_of_them_is_the_tests(self):
        def app(question):
            raise HarnessError("the simulation cannot go on")

        with outage() as chaos, pytest.raises(HarnessError, match="cannot go on"):
            chaos.replay(app, calls=8, users=4)

    def test_one_that_never_returns_ends_at_the_horizon(self):
        def app(question):
            while True:
                time.sleep(600)

        with pytest.raises(HorizonReached), outage() as chaos:
            chaos.replay(app, calls=8, users=4)
        assert_real_time()

    def test_a_deadlock_among_them_is_named(self):
        never = threading.Event()
        with pytest.raises(Deadlock) as raised, outage() as chaos:
            chaos.replay(lambda question: never.wait(), calls=8, users=4)
        never.set()
        for number in range(4):
            assert f"user {number}: a lock at {__file__}" in str(raised.value)
        assert_real_time()


async def ask_once_async(question):
    client = anthropic.AsyncAnthropic(api_key="made once", max_retries=0)
    async with client:
        return (await client.messages.create(**said(question))).content[0].text


def assert_real_time():
    began = time.perf_counter()
    time.sleep(0.01)
    threading.Event().wait(0.01)
    assert 0.02 <= time.perf_counter() - began < PATIENCE
    thread = threading.Thread(target=time.sleep, args=(0.01,))
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


class TestRefusedThreads:
    """`threads="refuse"`: the supported way to do without our locks and our scheduler."""

    def test_a_thread_that_calls_a_provider_is_an_error_of_the_test(self):
        with pytest.raises(ForeignThread), outage(threads="refuse"):
            thread = threading.Thread(target=swallowing, args=(ask_once,))
            thread.start()
            thread.join(PATIENCE)

    def test_sync_and_async_apps_live_on_the_clock(self):
        with outage(threads="refuse") as chaos:
            chaos.on("anthropic").inject(latency(seconds=20))
            ask_once()
            asyncio.run(ask_async("hello"))
            time.sleep(100)
            assert chaos.now == 140

    def test_locks_and_threads_are_pythons_own(self):
        before = dict(vars(type(ONE_AT_A_TIME)))
        with outage(threads="refuse"):
            assert dict(vars(type(ONE_AT_A_TIME))) == before


def swallowing(function):
    try:
        function()
    except BaseException:
        return


class TestRealTime:
    def test_a_process_keeps_its_timeout(self):
        code = "import time; time.sleep(0.2)"
        with outage() as chaos:
            subprocess.run([sys.executable, "-c", code], timeout=20, check=True)
            with pytest.raises(subprocess.TimeoutExpired):
                subprocess.run(
                    [sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.1, check=True
                )
            assert chaos.now == 0

    def test_a_process_awaited_by_a_thread_of_the_app_keeps_it_too(self):
        done = []

        def work():
            subprocess.run([sys.executable, "-c", "pass"], timeout=20, check=True)
            time.sleep(60)
            done.append(chaos.now)

        with outage() as chaos:
            run_together(work, lambda: time.sleep(10))
        assert done == [60]

    def test_unmanaged_a_server_and_its_client_stay_real(self):
        with outage() as chaos:
            with chaos.unmanaged():
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OkPage)
                thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
                thread.start()
            address = f"http://127.0.0.1:{server.server_port}/"
            with chaos.unmanaged(), urllib.request.urlopen(address, timeout=PATIENCE) as page:
                assert page.read() == b"ok"
            with urllib.request.urlopen(address, timeout=PATIENCE) as page:
                assert page.read() == b"ok"
            ask_once()
            time.sleep(100)
            assert chaos.now == 100
            with chaos.unmanaged():
                server.shutdown()
                thread.join()
                server.server_close()
