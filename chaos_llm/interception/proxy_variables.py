"""Where proxies are set by environment variables, the providers' hosts are exempt in an outage.

So a client that heeds them goes to the provider itself, where it is answered or refused, and does
not tell a proxy about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")
_EXEMPT = ("no_proxy", "NO_PROXY")


@contextmanager
def without_proxies(patterns: Iterable[str]) -> Iterator[None]:
    """Exempt hosts from the proxies that are set; take it back unless somebody changed it."""
    before = {name: os.environ.get(name) for name in _EXEMPT}
    ours = _exempt(os.environ, patterns) if _uses_proxies(os.environ) else ""
    if not ours:
        yield
        return
    os.environ.update(dict.fromkeys(_EXEMPT, ours))
    try:
        yield
    finally:
        for name, value in before.items():
            if os.environ.get(name) == ours:
                _put_back(name, value)


def _uses_proxies(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) or environ.get(name.upper()) for name in _PROXIES)


def _exempt(environ: Mapping[str, str], patterns: Iterable[str]) -> str:
    """The variable's value with these hosts; a glob stands in it only as a suffix."""
    suffixes = [pattern.removeprefix("*") for pattern in patterns]
    mine = [suffix for suffix in suffixes if "*" not in suffix]
    theirs = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return ",".join(filter(None, [theirs, *mine]))


def _put_back(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value
