"""Changes to the process around the clients: placeholder keys, shared TLS contexts, the guard."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from chaos_llm.errors import UncaughtEgress
from chaos_llm.interception import native_seams, socket_seams
from chaos_llm.interception.children.environment import ChildEnvironment
from chaos_llm.interception.children.spawning import Spawning
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.httpx_clients import LIBRARIES
from chaos_llm.interception.proxy_variables import without_proxies
from chaos_llm.interception.websocket import event_loops, sockets
from chaos_llm.interception.websocket.connections import WebSockets
from chaos_llm.requests.placeholder_keys import placeholder_keys

# Environment variables on which a TLS context depends.
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

_MOST_CONTEXTS = 64  # some 100 kB each; apps rarely have clients with more different settings

_tls_contexts: dict[Any, Any] = {}


@contextmanager
def adapted_environment(context: InterceptionContext) -> Iterator[None]:
    """Change the process around the clients, and restore everything on every exit."""
    with ExitStack() as undo:
        undo.enter_context(placeholder_keys())
        for library in LIBRARIES:
            _make_tls_context_once(library, undo)
        patterns = context.hosts.patterns()
        undo.enter_context(without_proxies(patterns))
        children = ChildEnvironment(patterns)
        context.guard = guard = EgressGuard(patterns, children.post, context.clock.record)
        socket_seams.install(guard, undo)
        native_seams.install(guard, undo)
        websockets = WebSockets(context)
        undo.callback(websockets.cut_all)
        event_loops.install(websockets, undo)
        sockets.install(undo)
        guard.simulated = sockets.Sockets(websockets)
        undo.callback(_report_refusals, children, context)
        Spawning(guard, children).install(undo)
        yield


def _report_refusals(children: ChildEnvironment, context: InterceptionContext) -> None:
    """Record the refusals of child processes, as if they had been raised in this process."""
    for text in children.end():
        context.clock.record(UncaughtEgress(text))


def _make_tls_context_once(library: str, undo: ExitStack) -> None:
    """Let a library's clients share their TLS context, because making one takes some 20 ms.

    Outages share it, too: a search runs hundreds of them, each with new clients.
    """
    transports = importlib.import_module(f"{library}._transports.default")
    make = getattr(transports, "create_ssl_context", None)  # not public, so it may be removed
    if make is None:
        return

    def make_once(*args: Any, **options: Any) -> Any:
        key = (make, args, *sorted(options.items()), *map(os.environ.get, _TRUST))
        try:
            known = _tls_contexts.get(key)
        except TypeError:  # an argument that is not hashable, such as a list
            return make(*args, **options)
        if known is None:
            if len(_tls_contexts) >= _MOST_CONTEXTS:
                _tls_contexts.clear()
            known = _tls_contexts[key] = make(*args, **options)
        return known

    _replace(transports, "create_ssl_context", make_once, undo)


def _replace(where: Any, name: str, new: Any, undo: ExitStack) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)
