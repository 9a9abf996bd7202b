"""Which request belongs to which call: by context, else by token, else to the sole open call.

One mechanism for tasks, threads, queues and sockets. What belongs to no call is background.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from chaos_llm.protocol import markers

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEVERAL = 2
_MOST_BACKGROUND = 20_000  # kinds of requests outside of calls that are remembered
_LATEST = 4096  # calls whose tokens are remembered
BACKGROUND_USER = -1
NO_CALL = -1

# Ids, hex strings, dates and numbers differ between runs of the same program; words do not.
# Only from the start of a word, or a long one without digits would be read once for each letter.
_VOLATILE = re.compile(
    rb"(?<![0-9A-Za-z_])(?:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[A-Za-z_]*[0-9][0-9A-Za-z_:.+-]*)"
)
_SEEN_BYTES = 512  # of either end: where a body begins, and where its last question ends


class Key(NamedTuple):
    """Which request this is: the nth (from 0) of that call of that user to one provider and path.

    Where no call is known, `call` is -1 and `content` stands for what was asked.
    """

    user: int
    call: int
    provider: str
    path: str
    attempt: int
    content: str = ""


class OpenCall:
    """One running invocation of the user's function."""

    __slots__ = ("_counts", "number", "token", "user")

    def __init__(self, user: int, number: int, token: str) -> None:
        self.user, self.number, self.token = user, number, token
        self._counts: dict[tuple[str, str], int] = {}

    def next_key(self, provider: str, path: str) -> Key:
        attempt = self._counts.get((provider, path), 0)
        self._counts[provider, path] = attempt + 1
        return Key(self.user, self.number, provider, path, attempt)


_current: ContextVar[OpenCall | None] = ContextVar("chaos_llm_call", default=None)


class Correlation:
    """The calls that are open now, and the way from a request to its call."""

    def __init__(self) -> None:
        self._open: dict[int, OpenCall] = {}
        self._background: dict[tuple[str, str, str], int] = {}
        self._in_context: set[int] = set()  # the first calls whose context reached a request
        self._tokens: dict[str, None] = {}  # of the latest calls: a request may be late for its own

    @contextmanager
    def calling(self, call: OpenCall) -> Iterator[None]:
        """Keep a call open while its function runs."""
        self._open[call.number] = call
        self._tokens.pop(call.token, None)  # the latest ones come last
        self._tokens[call.token] = None
        if len(self._tokens) > _LATEST:
            del self._tokens[next(iter(self._tokens))]
        reset = _current.set(call)
        try:
            yield
        finally:
            _current.reset(reset)
            del self._open[call.number]

    def key(self, provider: str, path: str, body: bytes) -> Key:
        """The key of a request; each asking counts as one request."""
        call = self._call(body)
        return call.next_key(provider, path) if call else self._background_key(provider, path, body)

    def here(self) -> int:
        """The number of the call that runs here, -1 where none is known to."""
        mine = _current.get()
        if mine is not None and self._open.get(mine.number) is mine:
            return mine.number
        return next(iter(self._open)) if len(self._open) == 1 else NO_CALL

    def _call(self, body: bytes) -> OpenCall | None:
        mine = _current.get()
        if mine is not None and self._open.get(mine.number) is mine:
            if len(self._in_context) < _SEVERAL:
                self._in_context.add(mine.number)
            return mine
        asked = [c for c in self._open.values() if c.token and c.token.encode() in body]
        if len(asked) == 1:
            return asked[0]
        if len(self._open) != 1:
            return None
        (sole,) = self._open.values()
        # What an earlier call left running may be a worker that serves this one, or a stray task:
        # a stray one where prompts say whose they are, or where calls make requests themselves.
        is_stray = mine is not None and (sole.token or len(self._in_context) >= _SEVERAL)
        return None if is_stray or self._asks_for_another(body, sole) else sole

    def _asks_for_another(self, body: bytes, sole: OpenCall) -> bool:
        """Whether a request carries what an earlier call asked: that call's refresh, say."""
        if not sole.token:
            return False
        return any(t in self._tokens for t in markers.find(body.decode("utf-8", "replace")))

    def _background_key(self, provider: str, path: str, body: bytes) -> Key:
        seen = body if len(body) <= 2 * _SEEN_BYTES else body[:_SEEN_BYTES] + body[-_SEEN_BYTES:]
        content = _content(seen)
        if len(self._background) >= _MOST_BACKGROUND:  # the oldest half goes; its retries are over
            for key in list(self._background)[: _MOST_BACKGROUND // 2]:
                del self._background[key]
        attempt = self._background.get((provider, path, content), 0)
        self._background[provider, path, content] = attempt + 1
        return Key(BACKGROUND_USER, NO_CALL, provider, path, attempt, content)


@lru_cache(maxsize=256)
def _content(seen: bytes) -> str:
    """What is asked, without what differs from run to run; a retry asks the same again."""
    return blake2b(_VOLATILE.sub(b"#", seen), digest_size=8).hexdigest()
