"""Headers of httpx and httpx2, read from and written to the list in which they keep them.

Both libraries keep a header as its name, its name in lower case, and its value, in bytes. Each
client call encodes, lowers and decodes all of them; a reply of a provider has two dozen. The list
is private, so each library is asked once whether it still has this form; if it has not, its public
constructor takes the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain
from types import ModuleType
from typing import Any

from chaos_llm.engine.plain_replies import RawHeader


@cache
def keeps_triples(module: ModuleType) -> bool:
    """Whether a library's headers are kept as (name, lower name, value), with their encoding."""
    headers = module.Headers([("X-Probe", "a")])
    kept = getattr(headers, "_list", None) == [(b"X-Probe", b"x-probe", b"a")]
    return kept and hasattr(headers, "_encoding") and headers.encoding == "ascii"


def give_headers(module: ModuleType, response: Any, raw: list[RawHeader]) -> None:
    """Set the headers of a response, which has none yet, to these of ASCII."""
    if keeps_triples(module):
        headers = response.headers
        headers._list, headers._encoding = raw, "ascii"
    else:
        response.headers = module.Headers([(name, value) for name, _, value in raw])


def request_headers(module: ModuleType, headers: Any) -> RequestHeaders:
    """The headers of a request; those of equal requests are one object."""
    if keeps_triples(module):
        kept = headers._list
        # One text for all of them: to compare it with the last one takes one look at the memory.
        lines = b"\n".join(chain.from_iterable(kept))
        if lines.count(b"\n") == 3 * len(kept) - 1:  # no value has a line end of its own
            return _of_lines(lines)
    return RequestHeaders(tuple((name, name.lower(), value) for name, value in headers.raw))


class RequestHeaders(Mapping[str, str]):
    """The headers of a request, each decoded when it is read, because few are."""

    __slots__ = ("_values",)

    _values: dict[bytes, bytes]

    def __init__(self, raw: tuple[RawHeader, ...]) -> None:
        # In reverse order, because the first of several values of a header counts.
        self._values = {name: value for _, name, value in reversed(raw)}

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


@lru_cache(maxsize=256)  # an app sends the same headers again and again, but for the body's length
def _of_lines(lines: bytes) -> RequestHeaders:
    """The headers whose names, lower names and values are these lines."""
    parts = lines.split(b"\n")
    return RequestHeaders(tuple(zip(parts[::3], parts[1::3], parts[2::3], strict=True)))
