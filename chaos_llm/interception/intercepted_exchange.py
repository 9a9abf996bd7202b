"""One request to a provider and its reply, for clients that parse the bytes of a reply."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from chaos_llm.engine.http1 import ENDS, Frame, frames, has_no_connection
from chaos_llm.interception.connection_reuse import Origin
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending, WireRequest


class InterceptedExchange:
    """A request, its exchange in the journal, and its reply.

    Leaving the `with` block by an exception abandons the exchange. `pool` keeps at most `max_idle`
    idle connections, each for `keep` seconds, or for ever if that is None.
    """

    def __init__(
        self,
        context: InterceptionContext,
        names: tuple[str, ...],
        wire: WireRequest,
        pool: Any,
        origin: Origin,
        *,
        keep: float | None,
        max_idle: float = inf,
    ) -> None:
        self.context, self._pool, self._origin = context, pool, origin
        self._keep, self._max_idle = keep, max_idle
        reused = context.connections.take(pool, origin, context.clock.now)
        self.wire = replace(wire, reused=reused)
        self.exchange, self.reply = context.exchange(names, self.wire)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.leave()

    @property
    def unconnected(self) -> Ending | None:
        """Why the connection fails, or None if it succeeds."""
        return self.reply.ending if has_no_connection(self.reply) else None

    def frames(self) -> tuple[Frame, ...]:
        return frames(self.reply)

    def sleep(self, seconds: float) -> None:
        """Let a sync client wait."""
        if seconds:
            self.context.sleep(seconds, self.wire)

    def end(self, how: Ending) -> None:
        """Record how the provider ended the reply; a silent ending is left to the client."""
        if how is Ending.COMPLETE and self.exchange.end == "open":
            now, keep = self.context.clock.now, self._keep
            give_back = self.context.connections.give_back
            give_back(self._pool, self._origin, now, keep=keep, max_idle=self._max_idle)
        if how in ENDS:
            self.context.end(self.exchange, ENDS[how])

    def leave(self, how: End = "abandoned") -> None:
        """Record that the client left before the end."""
        self.context.end(self.exchange, how)
