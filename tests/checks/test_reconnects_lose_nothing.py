"""What becomes of messages when a session on a websocket is opened again?"""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("aiohttp")

from support.apps import voice
from support.apps.bots import ask_once
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import backs_off, reconnects_lose_nothing, standard, streams_do_not_hang
from chaos_llm.faults import (
    close_session,
    cut_stream,
    error_mid_stream,
    half_event,
    overloaded,
    ping_only,
    server_error,
    stall_mid_stream,
)
from chaos_llm.profiles.model import Target

pytestmark = pytest.mark.exhaustive(of_file=5)  # each plays sessions of websockets

OPENAI = Target("openai")
BREAKS = (close_session(1011), cut_stream(by="reset"), half_event(), error_mid_stream())


def played(app, *faults, share=0.5):
    """A replay of some twenty calls of an app, half of them in three bad minutes."""
    hit = window(*faults, begins=0.0, ends=3 * MINUTE, share=share, on=OPENAI)
    with outage(profile_of(hit, ends=3 * MINUTE), seed=5) as chaos:

        async def scene():
            try:
                return await chaos.replay(app, every="20s", warmup="2m", recovery="1m")
            finally:
                if isinstance(app, voice.Line):
                    await app.close()

        return asyncio.run(scene()).run


@pytest.mark.parametrize("fault", BREAKS, ids=repr)
def test_an_app_that_says_again_what_broke_off_passes(fault):
    finding = reconnects_lose_nothing()(played(voice.Line(voice.growing()), fault))
    assert finding.verdict == "pass"
    assert finding.seen.startswith("nothing was lost or sent twice in ")


def test_an_app_that_waits_for_the_answer_to_what_it_said_before_fails():
    finding = reconnects_lose_nothing()(played(voice.Forgetful(voice.growing()), close_session()))
    assert finding.verdict == "fail"
    assert finding.seen.endswith("did not send a message again after a reconnect")


@pytest.mark.parametrize("app", [voice.Stuttering, voice.Resending])
def test_an_app_that_says_a_message_twice_fails(app):
    finding = reconnects_lose_nothing()(played(app(voice.growing()), cut_stream()))
    assert finding.verdict == "fail"
    assert finding.seen.endswith("sent a message twice after a reconnect")


def test_an_app_that_gives_up_and_says_so_has_lost_nothing():
    run = played(voice.call_once, close_session())
    assert reconnects_lose_nothing()(run).verdict in ("pass", "not applicable")


def test_it_is_not_applicable_without_sessions():
    with outage(profile_of(window(overloaded(), ends=5 * MINUTE)), seed=3) as chaos:
        run = chaos.replay(ask_once, every="1m").run
    assert reconnects_lose_nothing()(run).verdict == "not applicable"
    assert not any(check.name == "reconnects_lose_nothing" for check in standard(run))


@pytest.mark.parametrize("app", [voice.session_per_call, voice.Line])
def test_reconnects_without_a_pause_fail_backs_off(app):
    run = played(app(voice.none, 8), close_session(), share=0.8)
    finding = backs_off()(run)
    assert finding.verdict == "fail"
    assert "retried without a pause 2 times in a row" in finding.seen


def test_reconnects_that_are_refused_before_the_upgrade_are_retries_too():
    run = played(voice.session_per_call(voice.none, 8), overloaded(), share=0.9)
    assert backs_off()(run).verdict == "fail"


@pytest.mark.parametrize("fault", [stall_mid_stream(), ping_only()], ids=repr)
def test_a_session_that_waits_without_a_limit_hangs(fault):
    async def patient(prompt):
        async with (
            voice.aiohttp.ClientSession() as http,
            http.ws_connect(voice.URL, headers=voice.KEY) as ws,
        ):
            await voice.say(ws, prompt)
            try:
                return await voice.answer(ws, 300.0)
            except voice.BROKEN:
                return voice.APOLOGY

    assert streams_do_not_hang()(played(patient, fault)).verdict == "fail"
    quick = voice.Line(voice.growing())
    assert streams_do_not_hang()(played(quick, fault)).verdict == "pass"


SOUND = {
    "a session per call": lambda: voice.session_per_call(voice.growing()),
    "one line": lambda: voice.Line(voice.growing()),
}


@pytest.mark.parametrize("fault", [*BREAKS, server_error(), overloaded()], ids=repr)
@pytest.mark.parametrize("app", SOUND)
def test_no_standard_check_complains_about_a_sound_app(app, fault):
    run = played(SOUND[app](), fault)
    failed = [finding.seen for check in standard(run) if (finding := check(run)).verdict == "fail"]
    # Without a breaker or a fallback an app goes on calling, and is down with its only provider.
    assert not [seen for seen in failed if "stops" not in seen]
