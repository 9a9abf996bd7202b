"""Property-based: 100 drawn outages of 20 calls each, over the SDK time inside.

    python benchmarks/property_based.py [--check]

Two anchors. The SDK time inside is what the app's own calls took in those very outages: what is
left is Hypothesis, entering and leaving each outage, the workload and the verdict; what a request
costs is `in_process.py`'s to measure. The floor makes the same SDK calls in the same order, each
answered with the reply that ours gave it, by a MockTransport and nothing else: what is left is all
of ours. Clients are made once, apart from both. With --check the exit status is 1 where the first
ratio is 1.6 or more.
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

OUTAGES, CALLS, ROUNDS = 100, 20, 7
GOAL, LIMIT = 1.3, 1.6
MODEL = "claude-sonnet-5-5"

Reply = tuple[str, tuple[int, list, bytes]]


def asking(client: anthropic.Anthropic) -> Callable[[str], str]:
    def ask(question: str) -> str:
        message = client.messages.create(
            model=MODEL, max_tokens=500, messages=[{"role": "user", "content": question}]
        )
        return message.content[0].text

    return ask


CLIENT = asking(anthropic.Anthropic(api_key="k", max_retries=0))


def searched(play: Callable[[Profile], object]) -> None:
    """Have Hypothesis draw the same outages each time, and play them."""

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
        play(profile)

    draw()


def played(profile: Profile) -> None:
    with outage(profile) as chaos:
        chaos.replay(CLIENT, calls=CALLS)


def inside() -> float:
    """CPU seconds that the SDK's calls take in the outages of one search."""
    spent = 0.0

    def timed(question: str) -> str:
        nonlocal spent
        begins = time.thread_time()
        try:
            return CLIENT(question)
        finally:
            spent += time.thread_time() - begins

    def play(profile: Profile) -> None:
        with outage(profile) as chaos:
            chaos.replay(timed, calls=CALLS)

    searched(play)
    return spent


def entered(profile: Profile) -> None:
    with outage(profile):
        pass


def recorded() -> list[Reply]:
    """Question and reply of every request."""
    replies, real = [], Engine.exchange

    def exchange(engine, provider, wire):
        record, reply = real(engine, provider, wire)
        asked = provider.parse(wire).prompt
        replies.append((asked, (reply.status, list(reply.headers), reply.body)))
        return record, reply

    Engine.exchange = exchange
    try:
        searched(played)
    finally:
        Engine.exchange = real
    return replies


def anchor(replies: list[Reply]) -> Callable[[], None]:
    """The same calls on a bare MockTransport."""
    answers = iter(())

    def answer(_request):
        status, headers, body = next(answers)
        return httpx2.Response(status, headers=headers, content=body)

    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    ask = asking(anthropic.Anthropic(api_key="k", max_retries=0, http_client=client))

    def again() -> None:
        nonlocal answers
        answers = iter([reply for _, reply in replies])
        for question, _ in replies:
            with contextlib.suppress(anthropic.APIError):
                ask(question)

    return again


def main() -> int:
    searched(played)  # imports and caches
    replies = recorded()
    bare = anchor(replies)
    bare()
    ratios, floors, drawn, entries = [], [], [], []
    for _ in range(ROUNDS):
        whole, sdk = cpu(lambda: searched(played)), inside()
        ratios.append(whole / sdk)
        floors.append(whole / cpu(bare))
        drawing = cpu(lambda: searched(lambda _profile: None))
        drawn.append(drawing / OUTAGES)
        entries.append((cpu(lambda: searched(entered)) - drawing) / OUTAGES)
    ratio = statistics.median(ratios)
    print(f"{OUTAGES} outages, {len(replies)} SDK calls, CPU time, medians of {ROUNDS}:")
    print(f"  over the SDK time inside: {_range(ratios)}, goal {GOAL}, fails at {LIMIT}")
    print(f"  over the same calls on a bare MockTransport: {_range(floors)}")
    print(f"  an outage is drawn in {statistics.median(drawn) * 1e3:.2f} ms")
    print(f"  and entered and left in {statistics.median(entries) * 1e3:.2f} ms")
    return int("--check" in sys.argv and ratio >= LIMIT)


def _range(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} [{min(ratios):.2f}-{max(ratios):.2f}]"


if __name__ == "__main__":
    sys.exit(main())
