"""Keyed random numbers, the only randomness of this package: each draw depends on its key alone.

The same key gives the same draws in any process, and in any order of other draws. A blake2b hash
costs under a microsecond. Unlike `hash()` it does not change with PYTHONHASHSEED, and unlike a
shared `random.Random` its result does not depend on the order in which callers draw.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
SEPARATOR = b"\x1f"
_FIRST = (1).to_bytes(8, "little")
_STEPS = float(1 << 53)


def joined(*key: object) -> bytes:
    """A key in bytes; a label and SEPARATOR before it make the key that begins with that label."""
    text = "\x1f".join(map(str, key))
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, in a name from the user
        return text.encode("utf-8", "surrogatepass")


def hashes(key: bytes, count: int) -> bytes:
    """The bytes of which the first draws of a key are made, 64 for each of so many hashes."""
    if count == 1:
        return blake2b(key, salt=_FIRST).digest()
    salts = (number.to_bytes(8, "little") for number in range(1, count + 1))
    return b"".join(blake2b(key, salt=salt).digest() for salt in salts)


def first_roll(key: bytes) -> float:
    """What `KeyedRandom.roll` draws first for this key, which `joined` has made."""
    return (int.from_bytes(blake2b(key, salt=_FIRST).digest()[:7], "little") >> 3) / _STEPS


class KeyedRandom:
    """A sequence of draws that depends on nothing but its key."""

    __slots__ = ("_hashes", "_key", "_rest")

    def __init__(self, *key: object) -> None:
        self._key = joined(*key)
        self._hashes, self._rest = 0, b""

    def again(self) -> KeyedRandom:
        """A new sequence with the same key, before its first draw."""
        rng = KeyedRandom.__new__(KeyedRandom)
        rng._key, rng._hashes, rng._rest = self._key, 0, b""
        return rng

    def rewind(self) -> None:
        """Start again at the first draw."""
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
        """Draw an integer of so many bits, at most 512."""
        number = int.from_bytes(self._take((bits + 7) // 8), "little")
        return number & ((1 << bits) - 1) if bits % 8 else number

    def roll(self) -> float:
        """Draw a float in [0, 1)."""
        return (int.from_bytes(self._take(7), "little") >> 3) / _STEPS

    def between(self, low: float, high: float) -> float:
        """Draw a float, uniformly over [low, high)."""
        return low + (high - low) * self.roll()

    def choose(self, options: Sequence[_T]) -> _T:
        """Draw one of the options, each with the same probability."""
        return options[int(self.roll() * len(options))]

    def weighted(self, options: Sequence[_T], weights: Sequence[float]) -> _T:
        """Draw one of the options, each with a probability in proportion to its weight."""
        left = self.roll() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def letters(self, length: int, alphabet: str) -> str:
        """Draw a string of so many letters of an ASCII alphabet, for ids."""
        taken = b"".join(self._take(min(64, length - at)) for at in range(0, length, 64))
        return taken.translate(_table(alphabet)).decode("ascii")


@cache
def _table(alphabet: str) -> bytes:
    """A letter for each byte; some letters are a little likelier, which does not matter for ids."""
    return bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))


def fingerprint(secret: str) -> str:
    """A short keyed digest of a credential, which distinguishes credentials and reveals none."""
    if not secret:
        return ""
    encoded = secret.encode("utf-8", "surrogatepass")
    return blake2b(encoded, digest_size=6, key=b"chaos_llm credential").hexdigest()


def stream(seed: int) -> random.Random:
    """A new `random.Random`, for a library that needs one."""
    return random.Random(seed)  # noqa: S311 - no secrets are made from it


@contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Seed the shared `random`, from which SDKs draw their jitter, and restore its state after."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
