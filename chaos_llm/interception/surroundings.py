"""What an outage changes around the clients: placeholder keys, one TLS context, a guard."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from chaos_llm.errors import UncaughtEgress
from chaos_llm.interception.credentials import placeholder_keys
from chaos_llm.interception.stage import Stage


@contextmanager
def surroundings(stage: Stage) -> Iterator[None]:
    """Change the process around the clients, and put everything back on every exit."""
    with ExitStack() as stack:
        stack.enter_context(placeholder_keys())
        for library in ("httpx", "httpx2"):
            stack.enter_context(_one_tls_context(library))
        stack.enter_context(_egress_guard(stage))
        yield


@contextmanager
def _one_tls_context(library: str) -> Iterator[None]:
    """Make a library's TLS context once; making one costs each client some 20 ms."""
    transports = sys.modules.get(f"{library}._transports.default")
    make = getattr(transports, "create_ssl_context", None)
    if transports is None or make is None:
        yield
        return
    made: dict[Any, ssl.SSLContext] = {}

    def cached(*args: Any, **options: Any) -> ssl.SSLContext:
        key = (args, *sorted(options.items()))
        try:
            known = made.get(key)
        except TypeError:  # a certificate or context of the user's own cannot be a key
            return make(*args, **options)  # type: ignore[no-any-return] # the library's own type
        if known is None:
            known = made[key] = make(*args, **options)
        return known

    with mock.patch.object(transports, "create_ssl_context", cached):
        yield


@contextmanager
def _egress_guard(stage: Stage) -> Iterator[None]:
    """Fail loudly where a provider's host is looked up: nothing of ours has caught the request."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and stage.hosts.is_vendor(name):
            raise stage.clock.record(_uncaught(name))
        return real(host, port, *args, **options)

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        yield


def _uncaught(host: str) -> UncaughtEgress:
    return UncaughtEgress(
        f"a request to {host} was about to leave this machine: its client is neither httpx nor "
        "httpx2, or it has a transport of its own. Let the client use the library's default "
        "transport, or point its base URL at a stub of yours while the outage runs."
    )
