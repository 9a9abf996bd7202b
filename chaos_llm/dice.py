"""The only randomness: a die is a function of its key, in any process and in any order of throws.

blake2b of the key costs under a microsecond and, unlike `hash()`, does not change with
PYTHONHASHSEED; unlike a shared `random.Random`, it does not care who throws first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_STEPS = float(1 << 53)


class Die:
    """A sequence of throws that depends on nothing but its key."""

    __slots__ = ("_key", "_throws")

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join(map(str, key)).encode()
        self._throws = 0

    def again(self) -> Die:
        """The same die before its first throw."""
        die = Die.__new__(Die)
        die._key, die._throws = self._key, 0
        return die

    def number(self, bits: int = 53) -> int:
        """The next throw as an integer of so many bits, at most 256."""
        self._throws += 1
        digest = blake2b(
            self._key, digest_size=32, salt=self._throws.to_bytes(8, "little")
        ).digest()
        return int.from_bytes(digest, "little") & ((1 << bits) - 1)

    def roll(self) -> float:
        """The next throw as a float in [0, 1)."""
        return self.number(53) / _STEPS

    def between(self, low: float, high: float) -> float:
        """The next throw, even over [low, high)."""
        return low + (high - low) * self.roll()

    def choose(self, options: Sequence[_T]) -> _T:
        """One of the options, all alike."""
        return options[int(self.roll() * len(options))]

    def weighted(self, options: Sequence[_T], weights: Sequence[float]) -> _T:
        """One of the options, as often as its weight says."""
        left = self.roll() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def letters(self, length: int, alphabet: str) -> str:
        """A string of so many letters, as ids have them."""
        number, size = self.number(256), len(alphabet)
        letters = []
        for _ in range(length):
            if not number:
                number = self.number(256)
            number, index = divmod(number, size)
            letters.append(alphabet[index])
        return "".join(letters)


def fingerprint(secret: str) -> str:
    """A short keyed digest that tells credentials apart and gives none of them away."""
    if not secret:
        return ""
    return blake2b(secret.encode(), digest_size=6, key=b"chaos_llm credential").hexdigest()


@contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Seed the shared `random`, from which SDKs draw their jitter, and put its state back."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
