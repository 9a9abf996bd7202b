"""The prompts of simulated users: half of them are new, half come from a small set that repeats.

Each prompt contains a short token that looks like an order number, and a healthy answer repeats it.
A request with the token belongs to that call, and an answer with it was made for that call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from chaos_llm.errors import UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, token

_REPEATING = 8  # prompts in the set that repeats
_AT_ONCE = 16  # prompts that are made in one go
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
    """The prompts of all calls; each is determined by the seed and the number of its call."""

    def __init__(self, seed: int, prompts: Prompts | None = None) -> None:
        self._seed = seed
        self._repeating: dict[int, tuple[str, str]] = {}
        self._made: dict[int, tuple[str, str]] = {}  # for calls that come later
        self._prompt_of = _as_function(prompts) if prompts is not None else None

    def prompt(self, number: int) -> tuple[str, str]:
        """The text of a call's prompt, and the token in it; an empty token if there is none."""
        if self._prompt_of is not None:
            text = self._prompt_of(number)
            return text, "".join(find(text)[:1])
        if number not in self._made:
            # Made one by one, each between two calls of the app, they would take twice the time.
            first = number - number % _AT_ONCE
            self._made.update((n, self._make(n)) for n in range(first, first + _AT_ONCE))
        return self._made.pop(number)  # each call asks once

    def _make(self, number: int) -> tuple[str, str]:
        rng = KeyedRandom("prompt", self._seed, number)
        if rng.roll() >= 0.5:
            return self._generate(rng)
        index = int(rng.roll() * _REPEATING)
        if index not in self._repeating:
            rng = KeyedRandom("repeating prompt", self._seed, index)
            self._repeating[index] = self._generate(rng)
        return self._repeating[index]

    def _generate(self, rng: KeyedRandom) -> tuple[str, str]:
        # The order of the draws is part of every prompt: another one would change them all.
        names, cities = _names_and_cities(self._seed)
        drawn_token = token(rng)
        text = rng.choose(_QUESTIONS).format(
            token=drawn_token,
            when=rng.choose(_WHEN),
            name=rng.choose(names),
            city=rng.choose(cities),
            thing=rng.choose(_THINGS),
        )
        return text, drawn_token


@cache
def _names_and_cities(seed: int) -> tuple[list[str], list[str]]:
    from faker import Faker  # noqa: PLC0415 - takes a quarter of a second, so only if needed

    fake = Faker("en_US")
    fake.seed_instance(seed)
    return [fake.first_name() for _ in range(16)], [fake.city() for _ in range(16)]


def _as_function(prompts: Prompts) -> Callable[[int], str]:
    """A function from a call's number to its prompt; given texts are repeated in their order."""
    if callable(prompts):
        return lambda number: _require_text(prompts(number))
    texts = [prompts] if isinstance(prompts, str) or not isinstance(prompts, Iterable) else prompts
    texts = list(texts)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise UsageError(
            "prompts= is a text, several texts, or a function from a call's number to a text; "
            f"got {prompts!r}"
        )
    return lambda number: texts[number % len(texts)]


def _require_text(prompt: object) -> str:
    if isinstance(prompt, str):
        return prompt
    raise UsageError(f"the function in prompts= returns a text; got {prompt!r}")
