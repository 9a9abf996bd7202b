"""The only randomness: draws are a function of a key, in any process and in any order.

blake2b of the key costs under a microsecond and, unlike `hash()`, does not change with
PYTHONHASHSEED; unlike a shared `random.Random`, it does not depend on which caller draws first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_STEPS = float(1 << 53)


class KeyedRandom:
    """A sequence of random draws that depends on nothing but its key."""

    __slots__ = ("_hashes", "_key", "_rest")

    def __init__(self, *key: object) -> None:
        text = "\x1f".join(map(str, key))
        try:
            self._key = text.encode()
        except UnicodeEncodeError:  # half a letter, in a name of the user's
            self._key = text.encode("utf-8", "surrogatepass")
        self._hashes, self._rest = 0, b""

    def again(self) -> KeyedRandom:
        """The same sequence before its first draw."""
        rng = KeyedRandom.__new__(KeyedRandom)
        rng._key, rng._hashes, rng._rest = self._key, 0, b""
        return rng

    def rewind(self) -> None:
        """Go back before the first draw."""
        self._hashes, self._rest = 0, b""

    def _take(self, length: int) -> bytes:
        """The next bytes, at most 64; one hash serves several draws."""
        rest = self._rest
        if len(rest) < length:
            self._hashes += 1
            rest = blake2b(self._key, salt=self._hashes.to_bytes(8, "little")).digest()
        self._rest = rest[length:]
        return rest[:length]

    def number(self, bits: int = 53) -> int:
        """The next draw as an integer of so many bits, at most 512."""
        number = int.from_bytes(self._take((bits + 7) // 8), "little")
        return number & ((1 << bits) - 1) if bits % 8 else number

    def roll(self) -> float:
        """The next draw as a float in [0, 1)."""
        return (int.from_bytes(self._take(7), "little") >> 3) / _STEPS

    def between(self, low: float, high: float) -> float:
        """The next draw, uniform over [low, high)."""
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
        """A string of so many letters of an ASCII alphabet, as ids have them."""
        taken = b"".join(self._take(min(64, length - at)) for at in range(0, length, 64))
        return taken.translate(_table(alphabet)).decode("ascii")


@cache
def _table(alphabet: str) -> bytes:
    """A letter for each byte; ids need no finer justice between letters."""
    return bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))


def fingerprint(secret: str) -> str:
    """A short keyed digest that distinguishes credentials and reveals none of them."""
    if not secret:
        return ""
    said = secret.encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=6, key=b"chaos_llm credential").hexdigest()


def stream(seed: int) -> random.Random:
    """A stream of its own, for a library that asks for one."""
    return random.Random(seed)  # noqa: S311 - no secrets are made of it


@contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Seed the shared `random`, from which SDKs draw their jitter, and put its state back."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
