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
        return _of_triples(tuple(headers._list))
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


# An app sends the same headers again and again, up to the length of its bodies.
_of_triples = lru_cache(maxsize=256)(RequestHeaders)
