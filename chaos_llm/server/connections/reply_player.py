"""One reply on its way to a socket, on the clock of its run.

What is due at once shares a write. Each piece is due at a time that was settled when the reply
began, so that being late once does not make the rest late, too.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from chaos_llm.engine.http1 import ENDS, frames
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import Ending, Reply
from chaos_llm.server.runs.clock import SAME, Timer
from chaos_llm.server.runs.runs import ServedRun

_LINGER_NOT = struct.pack("ii", 1, 0)

# Faults that cannot happen to an established connection; a reset is the nearest to them.
_RESETS = (Ending.RESET, Ending.REFUSED, Ending.UNRESOLVED)
_SILENT = (Ending.SILENT, Ending.CONNECT_TIMEOUT)


class ReplyPlayer:
    """A reply under way; `over` is called when all of it was sent and the connection is open.

    `transport` is asyncio's, or that of tls.py.
    """

    __slots__ = (
        "_at",
        "_due",
        "_exchange",
        "_frames",
        "_is_full",
        "_last",
        "_over",
        "_run",
        "_timer",
        "_transport",
    )

    def __init__(
        self,
        run: ServedRun,
        exchange: Exchange,
        reply: Reply,
        transport: Any,
        over: Callable[[], None],
    ) -> None:
        self._run, self._exchange, self._transport, self._over = run, exchange, transport, over
        self._frames = frames(reply)
        self._at = 0  # the number of the frame that is sent next, and when it is due
        self._due = run.clock.now + self._frames[0].pause
        self._last: Ending | None = None
        self._timer: Timer | None = None
        self._is_full = False

    def begin(self) -> None:
        self._run.waiting.add(self)
        self._go_on()

    def _go_on(self) -> None:
        """Write what is due, up to the end or the next pause."""
        self._timer, clock = None, self._run.clock
        all_frames, at, due, present = self._frames, self._at, self._due, clock.now + SAME
        written: list[bytes] = []
        ending = None
        while due <= present and ending is None:
            _, data, ending = all_frames[at]
            written.append(data)
            at += 1
            if ending is None:
                due += all_frames[at].pause
        self._at, self._due = at, due
        if data := written[0] if len(written) == 1 else b"".join(written):
            self._transport.write(data)
        if ending is not None:
            self._end(ending)
        elif not (self._is_full or self._is_silent):
            self._timer = clock.call_at(due, self._go_on)

    @property
    def _is_silent(self) -> bool:
        """Whether nothing comes any more, so that the client will leave."""
        _, data, ending = self._frames[self._at]
        return not data and ending in _SILENT

    def pause(self) -> None:
        """Stop sending: the client does not read."""
        self._is_full = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def resume(self) -> None:
        """Send on."""
        self._is_full = False
        if self._last is not None:
            self._break(self._last)
        elif self._at < len(self._frames) and self._timer is None and not self._is_silent:
            self._timer = self._run.clock.call_at(self._due, self._go_on)
            if self._due <= self._run.clock.now + SAME:
                self._timer.cancel()
                self._go_on()

    def leave(self) -> None:
        """The client went away."""
        self._stop()
        self._run.end(self._exchange, "abandoned")

    def cut(self) -> None:
        """End in the middle: the server stops, or the run begins anew."""
        self._stop()
        self._run.end(self._exchange, "closed")
        self._transport.close()

    def _stop(self) -> None:
        self._run.waiting.discard(self)
        self._frames, self._at = (), 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, ending: Ending) -> None:
        if ending in _SILENT:
            return
        self._run.waiting.discard(self)
        self._run.end(self._exchange, ENDS[ending])
        if ending is Ending.COMPLETE:
            self._over()
        elif self._transport.get_write_buffer_size() and ending in _RESETS:
            self._last = ending  # what was sent before the reset has to arrive
            self._transport.set_write_buffer_limits(0)  # and reports when it has been sent
        else:
            self._break(ending)

    def _break(self, ending: Ending) -> None:
        if ending in _RESETS:
            reset(self._transport)
        else:
            self._transport.close()


def reset(transport: Any) -> None:
    """End a connection by RST instead of FIN."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
