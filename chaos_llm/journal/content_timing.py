"""How the content of a reply comes in time, kept small: one record serves all that flow alike."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from chaos_llm.protocol.messages import Ending, Reply

_NEVER = float("inf")


class ContentTiming(NamedTuple):
    """When content comes, as planned, in seconds from the request.

    `first` is the first piece of content; infinite where none comes. `quiet_from` and `quiet` are
    the longest time without content: pings and comments are none. Where the reply falls silent for
    good `quiet` is infinite, and the client ends it.
    """

    first: float = 0.0
    quiet_from: float = 0.0
    quiet: float = 0.0

    def longest_quiet(self, lasted: float) -> float:
        """The longest time without content in an exchange that lasted so many seconds."""
        return max(0.0, min(self.quiet, lasted - self.quiet_from))


AT_ONCE = ContentTiming()
_one_record = lru_cache(maxsize=4096)(ContentTiming)


def content_timing_of(reply: Reply) -> ContentTiming:
    """Read off a reply when its content will come."""
    chunks = reply.chunks
    delays = [chunk[0] for chunk in chunks]
    if not reply.wait and reply.ending is not Ending.SILENT and not any(delays):
        return AT_ONCE if any(chunk[2] for chunk in chunks) else _one_record(_NEVER, 0.0, 0.0)
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
    return _one_record(round(first, 6), round(quiet_from, 6), round(quiet, 6))
