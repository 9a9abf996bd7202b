"""After any failure in an outage its test has a clear error, and the next one real time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import pytest
from support.nested import run_pytest
from support.once import made_once

pytestmark = pytest.mark.exhaustive(of_file=3)  # each runs pytest on a test that goes wrong

SUITES = 3
OPTIONS = ("-p", "no:faulthandler", "--junitxml=junit.xml")
PREAMBLE = """
import asyncio, os, queue, signal, sys, threading, time
from datetime import datetime, UTC
import pytest
import anthropic
from chaos_llm import outage
from chaos_llm.errors import *
from chaos_llm.virtual_time import VirtualTime, active, real_monotonic, real_sleep

def ask():
    return anthropic.Anthropic(api_key="k", max_retries=0).messages.create(
        model="claude-sonnet-5-5", max_tokens=9, messages=[{"role": "user", "content": "hi"}])

def start(function, *args):
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread

def press_ctrl_c():
    real_sleep(0.2)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

async def forever():
    await asyncio.Event().wait()

with outage():
    ask()  # imports all that outages need, so that no time-out meets an import
"""

# What stands at the end of each module: everything that waits, waits really.
NEXT_TEST = """
def test_next_one_runs_in_real_time():
    assert active() is None
    assert abs(datetime.now(UTC).timestamp() - os.stat(__file__).st_atime) < 3600 * 24
    assert time.sleep.__self__ is time
    assert abs(time.monotonic() - real_monotonic()) < 240
    began = real_monotonic()
    time.sleep(0.01)
    threading.Event().wait(0.01)
    with pytest.raises(queue.Empty):
        queue.SimpleQueue().get(timeout=0.01)
    asyncio.run(asyncio.sleep(0.01))
    thread = start(time.sleep, 0.01)
    thread.join(5)
    assert not thread.is_alive()
    assert 0.05 <= real_monotonic() - began < 240

def test_next_outage_is_well():
    with outage() as chaos:
        thread = start(time.sleep, 50)
        thread.join()
        assert ask() and chaos.now == 50
"""

# Each goes wrong in its own way; beside it what the report of its test has to say.
WAYS = {
    "deadlock": (
        """
        def waits_for_ever():
            threading.Event().wait()
        def test_it(chaos):
            for name in ("worker-a", "worker-b"):
                threading.Thread(target=waits_for_ever, name=name, daemon=True).start()
            threading.Event().wait()
        """,
        r"Deadlock: no thread or task can run.*the test's thread: a lock at .*worker-a: a lock at "
        r".*worker-b.*worker-a waits here:.*in waits_for_ever"
        r".*worker-b waits here:.*in waits_for_ever",
    ),
    "deadlock in a replay": (
        """
        def test_it(chaos):
            chaos.replay(lambda text: threading.Event().wait(), calls=4, users=2)
        """,
        r"Deadlock: .*user 0: a lock at .*user 1: a lock at",
    ),
    "lost baton": (
        """
        def test_it(monkeypatch):
            with VirtualTime(real_wait=0.2) as clock:
                monkeypatch.setattr(clock._scheduler, "finish", lambda runner: None)
                start(int).join()
        """,
        "Deadlock: thread .* ended without letting another thread run",
    ),
    "horizon": (
        """
        def beat():
            while True:
                time.sleep(3600)
        def test_it(chaos):
            start(beat)
            threading.Event().wait()
        """,
        r"HorizonReached: virtual time ran past the horizon.*\(beat\)",
    ),
    "horizon of a loop": (
        """
        async def beat():
            while True:
                await asyncio.sleep(3600)
        def test_it(chaos):
            asyncio.run(beat())
        """,
        "HorizonReached: virtual time ran past the horizon",
    ),
    "real wait": (
        """
        import socket
        def test_it():
            with socket.create_server(("127.0.0.1", 0)) as server, VirtualTime(real_wait=0.3):
                async def scene():
                    reader, writer = await asyncio.open_connection(*server.getsockname())
                    writer.write(b"x")
                    await reader.read(1)
                asyncio.run(scene())
        """,
        "RealWaitExceeded: real socket to 127.0.0.1:.* stopped virtual time",
    ),
    "call from an older thread": (
        """
        jobs = queue.Queue()
        def work():
            jobs.get()
            try:
                ask()
            except BaseException:
                pass
            finally:
                done.set()
        done = threading.Event()
        threading.Thread(target=work, name="older", daemon=True).start()
        def test_it(chaos):
            jobs.put(1)
            done.wait()
        """,
        "ForeignThread: thread 'older' called POST api.anthropic.com",
    ),
    "ctrl-c while parked": (
        """
        def test_it():
            with pytest.raises(KeyboardInterrupt), outage() as chaos:
                start(lambda: [time.sleep(1) for _ in iter(int, 1)])
                with chaos.unmanaged():
                    start(press_ctrl_c)
                threading.Event().wait()
            assert 0, "it was interrupted"
        """,
        "it was interrupted",
    ),
    "time-out while parked": (
        """
        @pytest.mark.timeout(2, method="signal")
        def test_it(chaos):
            start(real_sleep, 60).join()
        """,
        r"Timeout \(>2.0s\) from pytest-timeout",
    ),
    "time-out while the worker works": (
        """
        def spin():
            while True:
                time.sleep(1)
        @pytest.mark.timeout(2, method="signal")
        def test_it():
            with VirtualTime(horizon=1e12):
                start(spin).join()
        """,
        r"Timeout \(>2.0s\) from pytest-timeout",
    ),
    "time-out in a loop": (
        """
        async def spin():
            while True:
                await asyncio.sleep(1)
        @pytest.mark.timeout(2, method="signal")
        def test_it():
            with VirtualTime(horizon=4e5):  # asyncio may swallow what a signal raises
                asyncio.run(spin())
        """,
        r"Timeout \(>2.0s\) from pytest-timeout",
    ),
    "time-out while the test waits and a thread works": (
        """
        def spin():
            while True:
                time.sleep(1)
        @pytest.mark.timeout(2, method="signal")
        def test_it():
            with VirtualTime(horizon=1e9, real_wait=60):
                start(spin)
                threading.Event().wait()
        """,
        r"Timeout \(>2.0s\) from pytest-timeout",
    ),
    "time-out while a loop waits and a thread works": (
        """
        def spin():
            while True:
                time.sleep(1)
        @pytest.mark.timeout(2, method="signal")
        def test_it():
            with VirtualTime(horizon=1e9, real_wait=60):
                start(spin)
                asyncio.run(forever())
        """,
        r"Timeout \(>2.0s\) from pytest-timeout",
    ),
    "deadlock in a loop": (
        """
        @pytest.mark.asyncio
        async def test_it():
            with VirtualTime(real_wait=0.3):
                await forever()
        """,
        "no thread or task can run and no timer is pending",
    ),
    "error while entering": (
        """
        def test_it(monkeypatch):
            from chaos_llm.outage_context import Outage
            monkeypatch.setattr(Outage, "_intercept", lambda self, stack: 1 / 0)
            with outage():
                pass
        """,
        "ZeroDivisionError",
    ),
    "error while the clock is put together": (
        """
        def test_it(monkeypatch):
            monkeypatch.setattr(VirtualTime, "_check_clocks", lambda self: 1 / 0)
            with outage():
                pass
        """,
        "ZeroDivisionError",
    ),
    "freezegun": (
        """
        import freezegun
        @freezegun.freeze_time("2020-01-01")
        def test_it():
            with outage():
                pass
        """,
        "UsageError: freezegun is already active",
    ),
    "time-machine": (
        """
        import time_machine
        @time_machine.travel("2020-01-01")
        def test_it():
            with outage():
                pass
        """,
        "UsageError: time-machine is already active",
    ),
    "another implementation": (
        """
        def test_it(monkeypatch):
            monkeypatch.setattr(sys.implementation, "name", "pypy")
            with outage():
                pass
        """,
        "UsageError: virtual time needs CPython",
    ),
    "a free-threaded build": (
        """
        def test_it(monkeypatch):
            import sysconfig
            monkeypatch.setattr(sysconfig, "get_config_var", lambda name: 1)
            with outage():
                pass
        """,
        "UsageError: .*does not support the free-threaded build",
    ),
    "the app's own error in a thread": (
        """
        def die():
            time.sleep(5)
            raise ValueError("of a thread")
        @pytest.mark.filterwarnings("error")
        def test_it(chaos):
            start(die).join()
        """,
        "ValueError: of a thread",
    ),
}


def dedent(text):
    lines = text.splitlines()[1:]
    return "\n".join(line[8:] for line in lines)


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The JUnit files of all these failures, one test file each, run by a few pytest processes.

    Most of them wait for something, so several take little more time than one.
    """

    def play(folder):
        folders = [folder / str(number) for number in range(SUITES)]
        for number, (body, _) in enumerate(WAYS.values()):
            text = PREAMBLE + dedent(body) + "\n" + NEXT_TEST
            folders[number % SUITES].mkdir(exist_ok=True)
            (folders[number % SUITES] / f"test_{number}.py").write_text(text)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda one: run_pytest(one, *OPTIONS), folders))

    return made_once(tmp_path_factory, "after_failures", play)


@pytest.mark.parametrize("way", WAYS)
def test_its_test_fails_clearly_and_the_next_runs_in_real_time(suite, way):
    number = list(WAYS).index(way)
    shown = ET.parse(suite / str(number % SUITES) / "junit.xml").iter("testcase")
    cases = [case for case in shown if case.get("classname") == f"test_{number}"]
    failures = {case.get("name"): case.findtext("failure") for case in cases}
    says = failures.pop("test_it")
    assert re.search(WAYS[way][1], says, re.DOTALL), says
    assert failures == dict.fromkeys(failures)
    assert len(failures) == 2


def test_a_time_out_by_the_thread_method_ends_the_process_with_all_stacks(pytester):
    body = """
        def parks():
            real_sleep(60)
        @pytest.mark.timeout(2, method="thread")
        def test_it(chaos):
            start(parks).join()
        """
    pytester.makepyfile(PREAMBLE + dedent(body))
    ran = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(
        ["*Stack of Thread-*", "*parks*", "*Stack of MainThread*", "*Timeout*"]
    )
