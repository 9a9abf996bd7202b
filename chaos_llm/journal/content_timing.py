"""When the content of a reply arrives; replies with equal timing share one record."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from chaos_llm.protocol.messages import Ending, Reply

_NEVER = float("inf")


class ContentTiming(NamedTuple):
    """When the content of a reply is planned to arrive, in seconds from the request.

    `first` is the time of the first piece of content, infinite if there is none. `quiet_from` and
    `quiet` are the beginning and the length of the longest time without content; pings and comments
    are not content. `quiet` is infinite if the reply falls silent for good, so that the client has
    to end it. `last` is the time of the last piece of content, infinite if there is none.
    """

    first: float = 0.0
    quiet_from: float = 0.0
    quiet: float = 0.0
    last: float = 0.0

    def longest_quiet(self, duration: float) -> float:
        """Seconds of the longest time without content in an exchange of that duration."""
        return max(0.0, min(self.quiet, duration - self.quiet_from))


AT_ONCE = ContentTiming()
_interned = lru_cache(maxsize=4096)(ContentTiming)  # one object for equal values, to save memory


def content_timing_of(reply: Reply) -> ContentTiming:
    """The timing of a reply's content, computed from its delays."""
    chunks = reply.chunks
    delays = [chunk[0] for chunk in chunks]
    if not reply.wait and reply.ending is not Ending.SILENT and not any(delays):
        return AT_ONCE if any(chunk[2] for chunk in chunks) else _interned(_NEVER, 0.0, 0.0, _NEVER)
    now, last, first = reply.wait, 0.0, _NEVER
    quiet_from, quiet = 0.0, 0.0
    for delay, _, content in chunks:
        now += delay
        if content:
            first = min(first, now)
            if now - last > quiet:
                quiet_from, quiet = last, now - last
            last = now
    after = _NEVER if reply.ending is Ending.SILENT else now - last
    if after > quiet:
        quiet_from, quiet = last, after
    ends = _NEVER if first == _NEVER else round(last, 6)
    return _interned(round(first, 6), round(quiet_from, 6), round(quiet, 6), ends)
