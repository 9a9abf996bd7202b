"""What the simulated users ask: half of it fresh, half from a small set that repeats.

Each prompt carries a short natural token, which a healthy answer echoes; where it turns up again
tells which request belongs to which call, and whose answer the user was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from chaos_llm.errors import UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, token

_REPEATING = 8
_QUESTIONS = (
    "Where is my order {token}? It should have come {when}.",
    "{name} here. I would like to return order {token}, the {thing} does not fit.",
    "Can you change the delivery address of order {token} to {city}?",
    "Order {token}: the {thing} arrived broken. What can I do?",
    "Please send me the invoice for order {token} once more, to {name}.",
    "I was charged twice for order {token}. Who can look into that?",
    "Is it too late to add a {thing} to order {token}?",
    "The tracking page of order {token} has said {city} for days. Is that normal?",
)
_THINGS = ("lamp", "kettle", "jacket", "desk", "helmet", "tent", "rug", "phone case")
_WHEN = ("yesterday", "on Monday", "last week", "this morning", "two days ago")

Prompts = str | Sequence[str] | Iterable[str] | Callable[[int], str]


class PromptBook:
    """The prompt of every call, a function of the seed and the call's number."""

    def __init__(self, seed: int, given: Prompts | None = None) -> None:
        self._seed = seed
        self._repeating: dict[int, tuple[str, str]] = {}
        self._given = _given(given) if given is not None else None

    def prompt(self, number: int) -> tuple[str, str]:
        """The text of a call's prompt and its token; the token is empty where there is none."""
        if self._given is not None:
            text = self._given(number)
            return text, "".join(find(text)[:1])
        rng = KeyedRandom("prompt", self._seed, number)
        if rng.roll() >= 0.5:
            return self._made(rng)
        which = int(rng.roll() * _REPEATING)
        if which not in self._repeating:
            self._repeating[which] = self._made(KeyedRandom("repeating prompt", self._seed, which))
        return self._repeating[which]

    def _made(self, rng: KeyedRandom) -> tuple[str, str]:
        names, cities = _words(self._seed)
        mark = token(rng)
        text = rng.choose(_QUESTIONS).format(
            token=mark,
            when=rng.choose(_WHEN),
            name=rng.choose(names),
            city=rng.choose(cities),
            thing=rng.choose(_THINGS),
        )
        return text, mark


@cache
def _words(seed: int) -> tuple[list[str], list[str]]:
    """First names and cities."""
    from faker import Faker  # noqa: PLC0415 - a quarter of a second, only where it is used

    fake = Faker("en_US")
    fake.seed_instance(seed)
    return [fake.first_name() for _ in range(16)], [fake.city() for _ in range(16)]


def _given(prompts: Prompts) -> Callable[[int], str]:
    if callable(prompts):
        return lambda number: _text(prompts(number))
    texts = [prompts] if isinstance(prompts, str) or not isinstance(prompts, Iterable) else prompts
    texts = list(texts)
    if not texts or not all(isinstance(text, str) for text in texts):
        message = f"prompts are texts, at least one, or a function of the number; got {prompts!r}"
        raise UsageError(message)
    return lambda number: texts[number % len(texts)]


def _text(prompt: object) -> str:
    if isinstance(prompt, str):
        return prompt
    raise UsageError(f"the function of prompts= returns a text; got {prompt!r}")
