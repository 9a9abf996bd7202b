"""Where requests of httpx and httpx2 go, by the parts of a URL as both libraries keep them.

Each question to a URL is a call of the library's own functions, and an app has few addresses. The
parts are private, so each library is asked once whether it still has them; if it has not, every URL
is read by its public properties.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from chaos_llm.interception.connection_reuse import Origin
from chaos_llm.requests.hosts import Hosts, Names

_MOST_ADDRESSES = 512  # a query may be another one each time


class Address(NamedTuple):
    """What follows from a URL; `names` are the providers behind its host."""

    origin: Origin
    names: Names
    path: str
    query: str


@cache
def keeps_parts(module: ModuleType) -> bool:
    """Whether a library's URLs have a tuple of all their parts."""
    parts = getattr(module.URL("https://a.example:8080/b?c=1"), "_uri_reference", None)
    return isinstance(parts, tuple) and parts[:6] == ("https", "", "a.example", 8080, "/b", "c=1")


class Addresses:
    """The addresses of one outage's requests, by the library and the parts of their URLs.

    Nothing in them can become stale: the hosts of an outage never change.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._known: dict[tuple[ModuleType, object], Address] = {}

    def of(self, module: ModuleType, url: Any) -> Address:
        """The address that a URL of this library names."""
        if not keeps_parts(module):
            return self._read(url)
        key = module, url._uri_reference
        address = self._known.get(key)
        if address is None:
            if len(self._known) >= _MOST_ADDRESSES:
                self._known.clear()
            address = self._known[key] = self._read(url)
        return address

    def _read(self, url: Any) -> Address:
        origin = scheme, host, port = url.scheme, url.host, url.port
        path, _, query = str(url.raw_path, "ascii").partition("?")
        return Address(origin, self._hosts.names(host, port, scheme), path, query)
