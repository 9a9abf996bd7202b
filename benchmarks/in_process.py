"""CPU time in process: a replay of ten hours, and one SDK call, each compared with a MockTransport.

    python benchmarks/in_process.py

The anchor of the ten hours makes the same calls of the same app, breaker included, and a
MockTransport answers each request with the reply that chaos_llm gave it. So the difference is the
cost of virtual time, decisions, rendering, journal, simulated users and verdict.
"""

from __future__ import annotations

import contextlib
import warnings
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import anthropic
import httpx2
import openai
import pybreaker
from anchors import over_floor, paired

from chaos_llm import ChaosWarning, outage
from chaos_llm.engine.engine import Engine
from chaos_llm.faults import overloaded
from chaos_llm.profiles.model import Profile, Share, Target, WeightedFault, Window
from chaos_llm.protocol.messages import Reply

PROFILE = "anthropic-2026-03-02-three-waves"
CLAUDE, GPT = "claude-sonnet-5-5", "gpt-5.5"
AN_HOUR = 3600  # seconds, which the anchor does not run for


class App:
    """Claude behind a breaker, GPT as fallback; no retries, so the anchor has as many calls."""

    def __init__(self, other: App | None = None, **options) -> None:
        """Use the clients of another app, or make new ones, which costs a TLS context for each."""
        self.claude = other.claude if other else self.anthropic_client(**options)
        self.gpt = other.gpt if other else openai.OpenAI(api_key="k", max_retries=0, **options)
        self.breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)

    @staticmethod
    def anthropic_client(**options) -> anthropic.Anthropic:
        return anthropic.Anthropic(api_key="k", max_retries=0, **options)

    def answer(self, question: str) -> str:
        try:
            return self.breaker.call(self.ask_claude, question)
        except (anthropic.APIError, pybreaker.CircuitBreakerError):
            return self.ask_gpt(question)

    def ask_claude(self, question: str) -> str:
        message = self.claude.messages.create(
            model=CLAUDE, max_tokens=500, messages=[{"role": "user", "content": question}]
        )
        return message.content[0].text

    def ask_gpt(self, question: str) -> str:
        completion = self.gpt.chat.completions.create(
            model=GPT, messages=[{"role": "user", "content": question}]
        )
        return completion.choices[0].message.content


CLIENTS = App()


def ten_hours(users: int = 1) -> None:
    """Replay ten hours with a call every 30 seconds, by so many users; several are threads."""
    with outage(PROFILE, seed=1) as chaos:
        chaos.replay(App(CLIENTS).answer, every=30 * users, users=users, until="21:16")


class Call(NamedTuple):
    """A call of the app: its question, and the provider and the reply of each of its requests."""

    question: str
    requests: list[tuple[str, tuple[int, list, bytes]]]


def recorded(users: int = 1) -> list[Call]:
    """The calls of the ten hours, in order."""
    calls, real = {}, Engine.brief_exchange

    def exchange(engine, provider, wire):
        record, brief = real(engine, provider, wire)
        reply = brief if isinstance(brief, Reply) else brief.in_full()
        call = calls.setdefault(record.call, Call(provider.parse(wire).prompt, []))
        call.requests.append((provider.name, (reply.status, list(reply.headers), reply.body)))
        return record, brief

    Engine.brief_exchange = exchange
    try:
        ten_hours(users)
    finally:
        Engine.brief_exchange = real
    return [calls[number] for number in sorted(calls)]


def replayed(calls: list[Call]) -> None:
    """Make the same calls of the same app with a MockTransport alone.

    Its breaker runs on real time here, so each call sets whether it tries Claude.
    """
    answers = iter([reply for call in calls for _, reply in call.requests])

    def answer(_request):
        status, headers, body = next(answers)
        return httpx2.Response(status, headers=headers, content=body)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        app = App(http_client=client)
        for question, requests in calls:
            app.breaker.reset_timeout = 0 if requests[0][0] == "anthropic" else AN_HOUR
            with contextlib.suppress(openai.APIError):
                app.answer(question)
    assert next(answers, None) is None, "the app made fewer requests than in the outage"


def one_call(windows: int, size: int, reply: tuple[int, list, bytes]) -> str:
    status, headers, body = reply
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(status, headers=headers, content=body)
    )
    bare = App(http_client=httpx2.Client(transport=transport))
    question = "x" * size
    with outage(profile_of(windows)):
        app = App()
        return over_floor(lambda: app.ask_claude(question), lambda: bare.ask_claude(question), 150)


def profile_of(windows: int) -> Profile:
    """A profile of so many windows in a row, which hit no request."""
    target = (Target("anthropic"),)
    all_windows = tuple(
        Window(
            f"window {number}",
            (number * 60.0, number * 60.0),
            (number * 60.0 + 60, number * 60.0 + 60),
            target,
            Share.constant(0.0),
            (WeightedFault(1, overloaded()),),
        )
        for number in range(windows)
    )
    return Profile(
        "benchmark", "windows in a row", datetime(2026, 3, 2, tzinfo=UTC), 3e4, all_windows
    )


def main() -> None:
    warnings.simplefilter("ignore", ChaosWarning)  # which warns of the MockTransport of the floor
    for users in (1, 8):
        calls = recorded(users)
        requests = sum(len(call.requests) for call in calls)
        print(f"ten hours, {users} users, {requests} SDK calls, over their recorded replies:")
        print(" ", paired(partial(ten_hours, users), partial(replayed, calls), rounds=7))
    reply = recorded()[0].requests[0][1]
    print("one anthropic call, compared with a MockTransport:")
    for windows in (1, 500):
        for size in (1_000, 100_000):
            measured = one_call(windows, size, reply)
            print(f"  {windows:3} windows, {size // 1000:3} KB prompt: {measured}")


if __name__ == "__main__":
    main()
