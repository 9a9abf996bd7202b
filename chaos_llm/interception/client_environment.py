"""Changes to the process around the clients: placeholder keys, proxies, the guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from chaos_llm.errors import UncaughtEgress
from chaos_llm.interception import native_seams, socket_seams
from chaos_llm.interception.children.environment import ChildEnvironment
from chaos_llm.interception.children.spawning import Spawning
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.proxy_variables import without_proxies
from chaos_llm.interception.websocket import event_loops, sockets
from chaos_llm.interception.websocket.connections import WebSockets
from chaos_llm.requests.placeholder_keys import placeholder_keys


@contextmanager
def adapted_environment(context: InterceptionContext) -> Iterator[None]:
    """Change the process around the clients, and restore everything on every exit."""
    with ExitStack() as undo:
        undo.enter_context(placeholder_keys())
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
