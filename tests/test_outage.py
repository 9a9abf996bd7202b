"""An outage without pytest: its effects while it is in force, and their removal after it."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import socket
import threading
import time
import types

import anthropic
import pytest
from support.waiting import PATIENCE

import chaos_llm
from chaos_llm import CheckFailed, Outage, load, outage
from chaos_llm.errors import HorizonReached, UncaughtEgress, UnknownName, UsageError
from chaos_llm.faults import hang, overloaded, rate_limited

WAVES = "anthropic-2026-03-02-three-waves"
SECOND_WAVE = "wave 1: some API methods fail"


def said(question):
    return {
        "model": "claude-opus-4-6",
        "max_tokens": 99,
        "messages": [{"role": "user", "content": question}],
    }


def ask(question, **options):
    return anthropic.Anthropic(**options).messages.create(**said(question)).content[0].text


async def ask_async(question, **options):
    async with anthropic.AsyncAnthropic(**options) as client:
        return (await client.messages.create(**said(question))).content[0].text


def utc_now():
    return dt.datetime.now(dt.UTC)


def test_outage_is_the_class_under_the_name_of_a_context_manager():
    assert outage is Outage


@pytest.mark.parametrize("profile", [WAVES, load(WAVES)], ids=["name", "profile"])
def test_the_wall_clock_shows_the_profiles_date(profile):
    with outage(profile) as chaos:
        assert utc_now() == dt.datetime(2026, 3, 2, 11, 37, tzinfo=dt.UTC)
        time.sleep(60)
        assert chaos.now == 60.0
        assert utc_now().minute == 38


def test_without_a_profile_it_is_today():
    before = utc_now()
    with outage() as chaos:
        assert abs((utc_now() - before).total_seconds()) < 60
        assert chaos.now == 0.0


@pytest.mark.parametrize(
    ("at", "clock"),
    [
        (SECOND_WAVE, "14:53"),
        ("13:00", "13:00"),
        ("2h", "13:37"),
        (7200, "13:37"),
        (dt.datetime(2026, 3, 2, 20, 0, tzinfo=dt.UTC), "20:00"),
        (dt.time(20, 0), "20:00"),
    ],
)
def test_at_is_the_position_where_it_begins(at, clock):
    with outage(WAVES, at=at) as chaos:
        begins = utc_now()
        assert chaos.profile.when(chaos.now) == begins
    if at != SECOND_WAVE:
        assert begins.strftime("%H:%M") == clock
    else:
        assert begins.date() == dt.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"profile": "anthropic-529-strom"},
            "profile 'anthropic-529-strom'.*'anthropic-529-storm'",
        ),
        ({"profile": WAVES, "at": "wave 1: logins"}, "window .*: 'wave 1: logins fail'"),
    ],
    ids=["profile", "window"],
)
def test_an_unknown_name_names_the_nearest(arguments, says):
    with pytest.raises(UnknownName, match=says):
        outage(**arguments)


def test_it_can_be_entered_once():
    with outage() as chaos:
        with pytest.raises(UsageError, match="entered only once"), chaos:
            pytest.fail("it must not be entered")
        assert ask("still in force")
    with pytest.raises(UsageError, match="entered only once"), chaos:
        pytest.fail("it must not be entered")


def test_monotonic_time_continues_in_a_second_outage():
    readings = []
    for _ in range(2):
        with outage():
            readings.append(time.monotonic())
            time.sleep(1000)
            readings.append(time.monotonic())
    assert readings == sorted(readings)


class TestOn:
    def test_an_unknown_provider_or_surface_names_the_known_ones(self):
        with outage() as chaos:
            with pytest.raises(UnknownName, match=r"provider 'antropic'.*: 'anthropic'"):
                chaos.on("antropic")
            with pytest.raises(UnknownName, match=r"surface 'log-in'.*: 'login'"):
                chaos.on("anthropic", surface="log-in")

    def test_faults_can_be_injected_before_it_is_entered(self):
        chaos = outage()
        chaos.on("anthropic").inject(rate_limited(retry_after=3), times=1)
        with chaos:
            assert ask("hi")
            assert chaos.journal.gaps("anthropic") == [3.0]


class TestReplay:
    def test_works_only_inside_the_outage(self):
        with pytest.raises(UsageError, match=r"chaos\.replay works only inside the outage"):
            outage().replay(ask)
        with pytest.raises(UsageError, match=r"chaos\.replay works only"):
            asyncio.run(outage().replay(ask_async))

    def test_is_over_with_the_outage(self):
        with outage() as chaos:
            chaos.replay(ask, calls=1)
        with pytest.raises(UsageError, match="only inside the outage"):
            chaos.replay(ask)

    def test_reports_are_kept_and_drawn(self):
        with outage(WAVES) as chaos:
            report = chaos.replay(ask, calls=3, until="12:00")
            again = chaos.replay(ask, calls=3, until="13:00")
        assert chaos.reports == [report, again]
        assert "anthropic" in chaos.timeline()
        assert len(chaos.timeline(60).splitlines()[0]) <= 60

    def test_in_async_code_it_is_awaited(self):
        async def scene():
            with outage() as chaos:
                return await chaos.replay(ask_async, calls=4)

        assert asyncio.run(scene()).calls == 4

    def test_a_failed_check_is_an_assertion_of_its_own(self):
        assert issubclass(CheckFailed, AssertionError)


class TestAnAppThatNeverReturns:
    """A clear error at the horizon, and no hanging test; and the next outage is well."""

    def assert_next_one_is_well(self):
        with outage() as chaos:
            assert ask("are you well?")
            assert len(chaos.journal) == 1

    def test_sync(self):
        def forever(prompt):
            while True:
                time.sleep(3600)

        with pytest.raises(HorizonReached), outage(WAVES) as chaos:
            chaos.replay(forever, calls=1, until="12:00")
        self.assert_next_one_is_well()

    def test_async(self):
        async def forever(prompt):
            while True:
                try:
                    await asyncio.sleep(3600)
                except Exception:
                    continue

        with pytest.raises(HorizonReached), outage(WAVES) as chaos:
            chaos.replay(forever, calls=1, until="12:00")
        self.assert_next_one_is_well()

    def test_a_client_without_a_limit(self):
        async def forever(prompt):
            await asyncio.gather(ask_async(prompt, timeout=None), return_exceptions=True)

        with pytest.raises(HorizonReached), outage() as chaos:
            chaos.on("anthropic").inject(hang())
            chaos.replay(forever, calls=1)
        self.assert_next_one_is_well()


class TestRandomness:
    def test_the_sdks_jitter_follows_the_seed(self):
        def waits(seed):
            with outage(seed=seed) as chaos:
                chaos.on("anthropic").inject(overloaded(), times=2)
                assert ask("hi")
                return chaos.journal.gaps("anthropic")

        assert waits(1) == waits(1)
        assert waits(1) != waits(2)

    def test_the_shared_generator_is_put_back(self):
        random.seed(5)
        before = random.getstate()
        with outage(seed=9):
            random.random()
        assert random.getstate() == before


class TestHarnessErrors:
    def test_come_before_the_errors_they_caused(self):
        with pytest.raises(UncaughtEgress) as caught, outage():
            try:
                socket.getaddrinfo("api.anthropic.com", 443)
            except BaseException as error:
                raise ZeroDivisionError from error
        assert isinstance(caught.value.__context__, ZeroDivisionError)

    def test_the_first_one_counts(self):
        with pytest.raises(UncaughtEgress, match="anthropic"), outage():
            for host in ("api.anthropic.com", "api.openai.com"):
                with pytest.raises(UncaughtEgress):
                    socket.getaddrinfo(host, 443)


def test_hosts_are_those_of_the_project_at_rootdir(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.chaos_llm.hosts]\n"llm.corp.invalid" = "anthropic"\n', encoding="utf-8"
    )
    with outage(rootdir=tmp_path / "tests" / "unit"):
        assert ask("hi", base_url="https://llm.corp.invalid/team-a")


def test_a_base_url_variable_leads_to_its_provider(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://localhost:4000/anthropic")
    with outage() as chaos:
        assert ask("hi")
        assert chaos.journal[0].path == "/anthropic/v1/messages"


def test_public_names_are_importable_and_no_others():
    assert set(chaos_llm.__all__) == {
        "ChaosWarning",
        "CheckFailed",
        "Outage",
        "Report",
        "ServedOutage",
        "load",
        "outage",
        "record",
        "tool_call",
    }
    assert set(dir(chaos_llm)) == {*chaos_llm.__all__, "__version__"}
    for name in chaos_llm.__all__:
        assert getattr(chaos_llm, name)
    assert chaos_llm.__version__
    with pytest.raises(AttributeError, match="'outages'"):
        chaos_llm.outages  # noqa: B018 - it has no such name


class TestRealPackages:
    def test_threads_of_a_package_named_in_pyproject_keep_real_time(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text('[tool.chaos_llm]\nreal_packages = ["ours"]\n')
        ticks = []
        source = "def tick(ticks, clock):\n    ticks.append(clock.is_managed_here())\n"
        ours = types.ModuleType("ours")
        exec(source, vars(ours))
        with outage(rootdir=tmp_path) as chaos:
            for target in (ours.tick, lambda ticks, clock: ticks.append(clock.is_managed_here())):
                thread = threading.Thread(target=target, args=(ticks, chaos.clock))
                thread.start()
                thread.join()
        assert ticks == [False, True]

    def test_anything_but_a_list_of_packages_is_refused_with_the_file(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text('[tool.chaos_llm]\nreal_packages = "ours"\n')
        with pytest.raises(UsageError, match=r"pyproject\.toml: .*a list of packages; got 'ours'"):
            outage(rootdir=tmp_path)


def test_the_timeline_names_the_real_peers_that_were_waited_for(loopback_echo):
    host, port = loopback_echo

    async def once():
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"ping\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer

    with outage() as chaos:
        assert asyncio.run(once()) == b"ping\n"
        assert f"{host}:{port} is a real server: no virtual time passed for it" in chaos.timeline()


@pytest.fixture
def loopback_echo():
    def serve(connection):
        with connection:
            said = connection.recv(99)
            time.sleep(0.05)  # really: nobody waits for an answer that is there at once
            connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: serve(server.accept()[0]), daemon=True)
        thread.start()
        yield server.getsockname()
        thread.join(PATIENCE)
