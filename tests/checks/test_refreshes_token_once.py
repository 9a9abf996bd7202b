"""`refreshes_token_once` fails where users refresh the same token repeatedly."""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx
import pytest
from support.apps.bots import MODEL, ask_once
from support.judging import NUMBERED, Judge
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm.checks import refreshes_token_once
from chaos_llm.errors import UsageError
from chaos_llm.faults import auth_expired, latency, overloaded, server_error
from chaos_llm.profiles.model import Target

TOKENS = "https://console.anthropic.com/v1/oauth/token"
MESSAGES = "https://api.anthropic.com/v1/messages"
LOGIN = Target("anthropic", "login")
EXPIRED = profile_of(window(auth_expired(), ends=20 * MINUTE))


found = Judge(
    refreshes_token_once(),
    EXPIRED,
    {"every": "1m", "prompts": NUMBERED, "warmup": "2m", "recovery": "2m"},
)


class Session:
    """An app that logs in by OAuth, and refreshes its token when it is refused."""

    def __init__(self, *, refreshes=1, tries=1, shares=True, slow=0.0):
        self.refreshes, self.tries, self.slow = refreshes, tries, slow
        self.lock = asyncio.Lock() if shares else None
        self.token, self.refresh_token = "first", "first refresh"

    async def answer(self, question):
        async with httpx.AsyncClient() as client:
            for refreshed in range(self.refreshes + 1):
                used = self.token
                reply = await self.ask(client, question)
                if reply.status_code == 200:
                    return reply.json()["content"][0]["text"]
                if reply.status_code == 401 and refreshed < self.refreshes:
                    await self.refresh(client, used)
            return "please log in again"

    async def ask(self, client, question):
        sent = {"role": "user", "content": question}
        return await client.post(
            MESSAGES,
            headers={"authorization": f"Bearer {self.token}", "anthropic-version": "2023-06-01"},
            json={"model": MODEL, "max_tokens": 300, "messages": [sent]},
        )

    async def refresh(self, client, used):
        async with self.lock or contextlib.nullcontext():
            if self.lock is None or self.token == used:
                await self.renew(client)

    async def renew(self, client):
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        for _ in range(self.tries):
            reply = await client.post(TOKENS, json=form)
            if reply.status_code == 200:
                self.token = reply.json()["access_token"]
                self.refresh_token = reply.json()["refresh_token"]
                return
            await asyncio.sleep(1)


def one_expired(ends=2 * MINUTE):
    """The token of the first day is refused, those after it are good."""
    return profile_of(window(auth_expired(), ends=ends, on=Target("anthropic")))


def test_a_refresh_and_a_second_look_pass():
    finding = found(Session().answer)
    assert finding.verdict == "pass"
    assert finding.seen == "tokens were requested 20 times in all, and never again without need"


def test_a_loop_of_refreshes_fails():
    finding = found(Session(refreshes=3).answer)
    assert finding.verdict == "fail"
    assert finding.seen == "call 2 requested a token from anthropic 3 times, and got one each time"
    assert finding.at == 0.0


def test_a_login_that_fails_is_tried_a_few_times():
    both = profile_of(
        window(auth_expired(), ends=20 * MINUTE, name="expired"),
        window(server_error(), ends=20 * MINUTE, on=LOGIN, name="login"),
    )
    assert found(Session(tries=3).answer, both).verdict == "pass"
    finding = found(Session(tries=4).answer, both)
    assert finding.verdict == "fail"
    assert finding.seen == "call 2 requested a token from anthropic 4 times, and got none"
    assert found(Session(tries=4).answer, both, refreshes_token_once(tries=4)).verdict == "pass"


def test_a_refused_refresh_is_not_tried_again_and_again():
    both = profile_of(
        window(auth_expired(), ends=20 * MINUTE, name="expired"),
        window(auth_expired(), ends=20 * MINUTE, on=LOGIN, name="revoked"),
    )
    assert found(Session(tries=2).answer, both).verdict == "pass"
    finding = found(Session(tries=3).answer, both)
    assert finding.verdict == "fail"
    assert (
        finding.seen == "call 2 requested a token from anthropic 3 times, and was refused each time"
    )


@pytest.mark.parametrize("seconds", [4, 20], ids=["answered", "timed out"])
def test_users_at_once_share_a_refresh(seconds):
    slow = profile_of(
        window(auth_expired(), ends=3.5, name="expired"),
        window(latency(seconds=seconds), ends=20 * MINUTE, on=LOGIN, name="slow"),
    )
    crowd = {"users": 20, "every": "1m", "warmup": "5m"}
    assert found(Session().answer, slow, **crowd).verdict == "pass"
    finding = found(Session(shares=False).answer, slow, **crowd)
    assert finding.verdict == "fail"
    assert finding.seen.startswith("anthropic got ")
    assert finding.seen.endswith(" requests for one token within a minute")


def test_users_with_separate_tokens_refresh_each_their_own():
    sessions = {}

    async def app(question):
        session = sessions.setdefault(question, Session(shares=False))
        session.refresh_token = f"of {question}"
        return await session.answer(question)

    assert found(app, every="10s", users=3).verdict == "pass"


def test_logins_per_call_are_compared_with_the_healthy_warm_up():
    def app(question):
        form = {"grant_type": "refresh_token", "refresh_token": "kept"}
        httpx.post(TOKENS, json=form).raise_for_status()
        return ask_once(question)

    assert (
        found(app, profile_of(window(overloaded(), ends=20 * MINUTE)), every="20s").verdict
        == "pass"
    )


def test_it_is_not_applicable_without_logins():
    finding = found(ask_once)
    assert finding.verdict == "not applicable"
    assert finding.seen == "no token was refreshed"


def test_a_worker_in_the_background_that_chases_its_own_token_fails():
    started = []

    async def worker():
        async with httpx.AsyncClient() as client:
            for _ in range(30):
                form = {"grant_type": "refresh_token", "refresh_token": "the same"}
                await client.post(TOKENS, json=form)
                await asyncio.sleep(5)

    async def app(question):
        if not started:
            started.append(asyncio.create_task(worker()))
        await asyncio.sleep(0.1)
        return time.strftime("%H:%M")

    finding = found(app, profile_of(window(ends=HOUR)), every="1m", users=2)
    assert finding.verdict == "fail"


def test_a_wrong_limit_is_refused_when_the_check_is_made():
    with pytest.raises(UsageError, match="tries= is a whole number"):
        refreshes_token_once(tries=0)
