"""Exempts the providers' hosts from the proxies that environment variables set.

So a client that reads them contacts the provider directly, where it is answered or refused, and
sends nothing about the request to a proxy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")
_EXEMPT = ("no_proxy", "NO_PROXY")


@contextmanager
def without_proxies(patterns: Iterable[str]) -> Iterator[None]:
    """Exempt hosts from the proxies; at the end, restore the variables that no code has changed."""
    before = {name: os.environ.get(name) for name in _EXEMPT}
    exempted = _exempt(os.environ, patterns) if _uses_proxies(os.environ) else ""
    if not exempted:
        yield
        return
    os.environ.update(dict.fromkeys(_EXEMPT, exempted))
    try:
        yield
    finally:
        for name, value in before.items():
            if os.environ.get(name) == exempted:
                _put_back(name, value)


def _uses_proxies(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) or environ.get(name.upper()) for name in _PROXIES)


def _exempt(environ: Mapping[str, str], patterns: Iterable[str]) -> str:
    """The variable's value with these hosts; of the globs it can express suffixes only."""
    suffixes = [pattern.removeprefix("*") for pattern in patterns]
    added = [suffix for suffix in suffixes if "*" not in suffix]
    existing = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return ",".join(filter(None, [existing, *added]))


def _put_back(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value
