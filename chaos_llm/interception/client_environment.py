"""What an outage changes around the clients: placeholder keys, one TLS context, a guard."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from chaos_llm.errors import UncaughtEgress
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.httpx_clients import LIBRARIES
from chaos_llm.requests.placeholder_keys import placeholder_keys

_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")  # variables that a context depends on

_MOST_CONTEXTS = 64  # a client is rarely made in more ways; each has some 100 kB

_tls_contexts: dict[Any, Any] = {}


@contextmanager
def surroundings(context: InterceptionContext) -> Iterator[None]:
    """Change the process around the clients, and put everything back on every exit."""
    with ExitStack() as undo:
        undo.enter_context(placeholder_keys())
        for library in LIBRARIES:
            _make_tls_context_once(library, undo)
        _guard(context, undo)
        yield


def _make_tls_context_once(library: str, undo: ExitStack) -> None:
    """Have a library's clients share their TLS context; making one takes some 20 ms.

    They share it with those of the outages before: a search plays hundreds, each with new clients.
    """
    transports = importlib.import_module(f"{library}._transports.default")
    make = getattr(transports, "create_ssl_context", None)  # not public, so it may go
    if make is None:
        return

    def make_once(*args: Any, **options: Any) -> Any:
        key = (make, args, *sorted(options.items()), *map(os.environ.get, _TRUST))
        try:
            known = _tls_contexts.get(key)
        except TypeError:  # a list of the user's own cannot be a key
            return make(*args, **options)
        if known is None:
            if len(_tls_contexts) >= _MOST_CONTEXTS:
                _tls_contexts.clear()
            known = _tls_contexts[key] = make(*args, **options)
        return known

    _replace(transports, "create_ssl_context", make_once, undo)


def _guard(context: InterceptionContext, undo: ExitStack) -> None:
    """Fail loudly where a provider's host is looked up: nothing of ours has caught the request."""
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _replace(socket, name, _guarded(context, getattr(socket, name)), undo)


def _guarded(context: InterceptionContext, real: Callable[..., Any]) -> Callable[..., Any]:
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode("latin-1") if isinstance(host, bytes) else host
        port = args[0] if args else options.get("port")
        if isinstance(name, str) and context.hosts.is_out(name, port):
            raise context.clock.record(_uncaught(name))
        return real(host, *args, **options)

    return look_up


def _replace(where: Any, name: str, new: Any, undo: ExitStack) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)


def _uncaught(host: str) -> UncaughtEgress:
    return UncaughtEgress(
        f"a request to {host} was about to leave this machine: its client is none of httpx, "
        "httpx2, aiohttp and urllib3 (requests, botocore), or it has a transport of its own. Let "
        "it use its library's default transport, or point its base URL at a stub on this machine."
    )
