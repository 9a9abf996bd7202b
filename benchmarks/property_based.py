"""CPU time of property-based tests: 100 drawn outages of 20 calls each, compared with two anchors.

    python benchmarks/property_based.py [--check]

The first anchor is the time of the SDK calls inside those outages. The difference is Hypothesis,
entering and leaving each outage, the simulated users and the verdict; the cost of a request is
measured by `in_process.py`. The second anchor makes the same SDK calls in the same order, and a
MockTransport answers each with the reply that chaos_llm gave it. The difference is the whole cost
of chaos_llm. Clients are made once, outside of all measurements. With --check the exit status is 1
if the first ratio is 1.6 or more.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Callable

import anthropic
import httpx2
from anchors import cpu
from hypothesis import HealthCheck, Phase, given, seed, settings

from chaos_llm import outage
from chaos_llm.engine.engine import Engine
from chaos_llm.profiles.model import Profile
from chaos_llm.property_testing.strategies import outages
from chaos_llm.protocol.messages import Reply

OUTAGES, CALLS, ROUNDS = 100, 20, 7
GOAL, LIMIT = 1.3, 1.6
MODEL = "claude-sonnet-5-5"

RecordedReply = tuple[str, tuple[int, list, bytes]]


def app_with(client: anthropic.Anthropic) -> Callable[[str], str]:
    def ask(question: str) -> str:
        message = client.messages.create(
            model=MODEL, max_tokens=500, messages=[{"role": "user", "content": question}]
        )
        return message.content[0].text

    return ask


CLIENT = app_with(anthropic.Anthropic(api_key="k", max_retries=0))


def search(replay: Callable[[Profile], object]) -> None:
    """Have Hypothesis draw the same profiles each time, and replay each."""

    @seed(1)
    @settings(
        max_examples=OUTAGES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(outages(providers=["anthropic"], faults=["server_error", "overloaded", "rate_limited"]))
    def draw(profile: Profile) -> None:
        replay(profile)

    draw()


def replay_calls(profile: Profile) -> None:
    with outage(profile) as chaos:
        chaos.replay(CLIENT, calls=CALLS)


def sdk_time() -> float:
    """CPU seconds of the SDK's calls in the outages of one search."""
    spent = 0.0

    def timed(question: str) -> str:
        nonlocal spent
        begins = time.thread_time()
        try:
            return CLIENT(question)
        finally:
            spent += time.thread_time() - begins

    def replay(profile: Profile) -> None:
        with outage(profile) as chaos:
            chaos.replay(timed, calls=CALLS)

    search(replay)
    return spent


def enter(profile: Profile) -> None:
    with outage(profile):
        pass


def recorded() -> list[RecordedReply]:
    """Question and reply of every request."""
    replies, real = [], Engine.brief_exchange

    def exchange(engine, provider, wire):
        record, brief = real(engine, provider, wire)
        reply = brief if isinstance(brief, Reply) else brief.in_full()
        prompt = provider.parse(wire).prompt
        replies.append((prompt, (reply.status, list(reply.headers), reply.body)))
        return record, brief

    Engine.brief_exchange = exchange
    try:
        search(replay_calls)
    finally:
        Engine.brief_exchange = real
    return replies


def anchor(replies: list[RecordedReply]) -> Callable[[], None]:
    """The same calls with a MockTransport alone."""
    answers = iter(())

    def answer(_request):
        status, headers, body = next(answers)
        return httpx2.Response(status, headers=headers, content=body)

    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    ask = app_with(anthropic.Anthropic(api_key="k", max_retries=0, http_client=client))

    def repeat() -> None:
        nonlocal answers
        answers = iter([reply for _, reply in replies])
        for question, _ in replies:
            with contextlib.suppress(anthropic.APIError):
                ask(question)

    return repeat


def main() -> int:
    search(replay_calls)  # imports and caches
    replies = recorded()
    bare = anchor(replies)
    bare()
    ratios, floors, drawn, entries = [], [], [], []
    for _ in range(ROUNDS):
        whole, sdk = cpu(lambda: search(replay_calls)), sdk_time()
        ratios.append(whole / sdk)
        floors.append(whole / cpu(bare))
        drawing = cpu(lambda: search(lambda _profile: None))
        drawn.append(drawing / OUTAGES)
        entries.append((cpu(lambda: search(enter)) - drawing) / OUTAGES)
    ratio = statistics.median(ratios)
    print(f"{OUTAGES} outages, {len(replies)} SDK calls, CPU time, medians of {ROUNDS}:")
    print(f"  ratio to the SDK calls inside: {_range(ratios)}, goal {GOAL}, fails at {LIMIT}")
    print(f"  ratio to the same calls with a MockTransport alone: {_range(floors)}")
    print(f"  an outage is drawn in {statistics.median(drawn) * 1e3:.2f} ms")
    print(f"  and entered and left in {statistics.median(entries) * 1e3:.2f} ms")
    return int("--check" in sys.argv and ratio >= LIMIT)


def _range(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} [{min(ratios):.2f}-{max(ratios):.2f}]"


if __name__ == "__main__":
    sys.exit(main())
