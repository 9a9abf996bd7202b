"""Assign requests to calls: by context variable, else by token, else to the only open call.

This works for tasks, threads, queues and sockets. A request that belongs to no call is a background
request.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from chaos_llm.protocol import markers
from chaos_llm.protocol.keyed_random import joined

# Once two calls have reached a request through their context, calls make requests themselves.
_SEVERAL = 2
_MOST_BACKGROUND = 20_000  # distinct background requests whose retries are counted
_LATEST = 4096  # calls whose tokens are kept
BACKGROUND_USER = -1
NO_CALL = -1
_new = tuple.__new__  # makes a Key in one call instead of two, for each request

# Ids, hex strings, dates and numbers differ between runs of the same program; words do not.
# Only from the start of a word: else a long word without digits would be scanned once a letter.
_VOLATILE = re.compile(
    rb"(?<![0-9A-Za-z_])(?:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[A-Za-z_]*[0-9][0-9A-Za-z_:.+-]*)"
)
_SEEN_BYTES = 512  # of either end of a body; its end holds the last message


class Key(NamedTuple):
    """The identity of a request: its user, call, provider, path and number (`attempt`, from 0).

    For a background request `call` is NO_CALL, and `content` is a hash of its body.
    """

    user: int
    call: int
    provider: str
    path: str
    attempt: int
    content: str = ""

    def in_bytes(self) -> bytes:
        """The same as `joined(*key)`, in one step: each request has one, and draws by it."""
        user, call, provider, path, attempt, content = self
        text = f"{user}\x1f{call}\x1f{provider}\x1f{path}\x1f{attempt}\x1f{content}"
        try:
            return text.encode()
        except UnicodeEncodeError:
            return joined(*self)


class OpenCall:
    """A call of the user's function that has not returned yet."""

    __slots__ = ("_counts", "number", "token", "user")

    def __init__(self, user: int, number: int, token: str) -> None:
        self.user, self.number, self.token = user, number, token
        self._counts: dict[tuple[str, str], int] = {}

    def next_key(self, provider: str, path: str) -> Key:
        attempt = self._counts.get((provider, path), 0)
        self._counts[provider, path] = attempt + 1
        return _new(Key, (self.user, self.number, provider, path, attempt, ""))


_current: ContextVar[OpenCall | None] = ContextVar("chaos_llm_call", default=None)


class _Calling(AbstractContextManager[None]):
    """A block in which a call is open; a class, because each call of a replay enters one."""

    __slots__ = ("_before", "_call", "_correlation")

    def __init__(self, correlation: Correlation, call: OpenCall) -> None:
        self._correlation, self._call = correlation, call

    def __enter__(self) -> None:
        self._correlation.begin(self._call)
        self._before = _current.set(self._call)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)
        self._correlation.end(self._call)


class Correlation:
    """The open calls, and the rules that assign a request to one of them."""

    def __init__(self) -> None:
        self._open: dict[int, OpenCall] = {}
        # Of each provider's paths: how often a background request with some content came.
        self._background: dict[tuple[str, str], dict[str, int]] = {}
        self._background_size = 0
        self._in_context: set[int] = set()  # the first calls whose context reached a request
        self._tokens: dict[
            str, None
        ] = {}  # of the latest calls: a request may come after its own call

    def calling(self, call: OpenCall) -> AbstractContextManager[None]:
        """Keep a call open while its function runs."""
        return _Calling(self, call)

    def begin(self, call: OpenCall) -> None:
        """Note that a call is open."""
        self._open[call.number] = call
        self._tokens.pop(call.token, None)  # the latest ones come last
        self._tokens[call.token] = None
        if len(self._tokens) > _LATEST:
            del self._tokens[next(iter(self._tokens))]

    def end(self, call: OpenCall) -> None:
        """Note that a call has returned."""
        del self._open[call.number]

    def key(self, provider: str, path: str, body: bytes) -> Key:
        """The key of a request; each call of this method counts as one request."""
        call = self._call(body) if self._open else None
        return call.next_key(provider, path) if call else self._background_key(provider, path, body)

    def here(self) -> int:
        """The number of the call that runs in this context; NO_CALL if it is unknown."""
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
        named = [c for c in self._open.values() if c.token and c.token.encode() in body]
        if len(named) == 1:
            return named[0]
        if len(self._open) != 1:
            return None
        (sole,) = self._open.values()
        # A thread or task that an earlier call started may be a worker that serves this call, or
        # it may work on for the earlier one. It is taken for the latter if prompts have tokens
        # (this request has not this call's), or if calls make their requests themselves.
        is_stray = mine is not None and (sole.token or len(self._in_context) >= _SEVERAL)
        return None if is_stray or self._has_other_token(body, sole) else sole

    def _has_other_token(self, body: bytes, sole: OpenCall) -> bool:
        """Whether a request carries the token of an earlier call, as a cache refresh may do."""
        if not sole.token:
            return False
        return any(t in self._tokens for t in markers.find(body.decode("utf-8", "replace")))

    def _background_key(self, provider: str, path: str, body: bytes) -> Key:
        seen = body if len(body) <= 2 * _SEEN_BYTES else body[:_SEEN_BYTES] + body[-_SEEN_BYTES:]
        content = _content(seen)
        if self._background_size >= _MOST_BACKGROUND:
            self._forget_half()
        counts = self._background.get((provider, path))
        if counts is None:
            counts = self._background[provider, path] = {}
        attempt = counts.get(content, 0)
        counts[content] = attempt + 1
        if not attempt:
            self._background_size += 1
        return _new(Key, (BACKGROUND_USER, NO_CALL, provider, path, attempt, content))

    def _forget_half(self) -> None:
        """Drop the oldest half of the background requests; their retries are over."""
        for place, counts in list(self._background.items()):
            for content in list(counts)[: (len(counts) + 1) // 2]:
                del counts[content]
            if not counts:
                del self._background[place]
        self._background_size = sum(map(len, self._background.values()))


@lru_cache(maxsize=256)
def _content(seen: bytes) -> str:
    """A hash of a body without the parts that differ between runs; a retry has the same hash."""
    return _hash_of(_VOLATILE.sub(b"#", seen))


@lru_cache(maxsize=256)
def _hash_of(words: bytes) -> str:
    """One object for the many bodies that have the same words, to save memory."""
    return blake2b(words, digest_size=8).hexdigest()
