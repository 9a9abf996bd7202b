"""Headers of httpx and httpx2, read from and written to the list in which they keep them.

Both libraries keep a header as its name, its name in lower case, and its value, in bytes. Each
client call encodes, lowers and decodes all of them; a reply of a provider has two dozen. The list
is private, so each library is asked once whether it still has this form; if it has not, its public
constructor takes the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import Any


@cache
def keeps_triples(module: ModuleType) -> bool:
    """Whether a library's headers are kept as (name, lower name, value), with their encoding."""
    headers = module.Headers([("X-Probe", "a")])
    kept = getattr(headers, "_list", None) == [(b"X-Probe", b"x-probe", b"a")]
    return kept and hasattr(headers, "_encoding") and headers.encoding == "ascii"


@lru_cache(maxsize=1024)
def _names(name: str) -> tuple[bytes, bytes]:
    encoded = name.encode("ascii")
    return encoded, encoded.lower()


def fill(headers: Any, values: tuple[tuple[str, str], ...]) -> None:
    """Put ASCII headers into an empty object of a library that keeps triples."""
    headers._list = [(*_names(name), value.encode("ascii")) for name, value in values]
    headers._encoding = "ascii"


class RequestHeaders(Mapping[str, str]):
    """The headers of a request, each decoded when it is read, because few are."""

    __slots__ = ("_values",)

    _values: dict[bytes, bytes]

    def __init__(self, module: ModuleType, headers: Any) -> None:
        # In reverse order, because the first of several values of a header counts.
        if keeps_triples(module):
            self._values = {name: value for _, name, value in reversed(headers._list)}
        else:
            self._values = {name.lower(): value for name, value in reversed(headers.raw)}

    @property
    def raw_names(self) -> tuple[bytes, ...]:
        """The names of the headers in bytes, without decoding."""
        return tuple(self._values)

    def __getitem__(self, name: str) -> str:
        return self._values[name.encode()].decode("latin-1")

    def get(self, name: str, default: Any = None) -> Any:
        """Look a header up without KeyError, because most are looked for under several names."""
        value = self._values.get(name.encode())
        return default if value is None else str(value, "latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in reversed(self._values))

    def __len__(self) -> int:
        return len(self._values)
