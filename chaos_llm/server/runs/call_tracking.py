"""The call that a request belongs to, as far as a server can see it.

`X-Chaos-Call` names it. Else the last marker in the body does ("KX-48213", as the prompts of a
replay carry them), until that call was answered or has been quiet: the next request with it is
another call. The number follows from the name and never from the order of arrival, because random
draws are keyed by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.correlation import BACKGROUND_USER, Correlation, Key, OpenCall

QUIET = 300.0  # seconds after which a failed call with the same token is not the same any more
_TOKEN = re.compile(rb"(?<![A-Z0-9])[A-Z]{2}-\d{5}(?!\d)")
_HYPHEN = re.compile(rb"-\d{5}(?!\d)")
_SHORT, _WINDOW, _TAIL = 4096, 65_536, 6  # bytes; a token's tail may lie in the window behind
_MOST_HYPHENS = 1_000_000  # that are looked at, at 30 ns each
_NUMBERS = 1 << 31
_MOST = 20_000  # calls that are remembered
_new = tuple.__new__  # makes a NamedTuple in one call instead of two, for most requests
_LONGEST_NAME = 64  # letters of a call's name; a longer one is known by its digest


@dataclass(slots=True)
class TrackedCall:
    """A call that requests named; `open` counts its requests, `last` is the latest exchange.

    It is the nth with its token.
    """

    open: OpenCall
    attempt: int
    last: Exchange | None = None


class _NewCall(NamedTuple):
    """A call during its first request."""

    token: str
    attempt: int
    number: int
    provider: str
    path: str

    def tracked(self, exchange: Exchange) -> TrackedCall:
        """The same as a call that goes on after its first request."""
        call = OpenCall(BACKGROUND_USER, self.number, self.token)
        call.next_key(self.provider, self.path)
        return TrackedCall(call, self.attempt, exchange)


class CallTracker(Correlation):
    """The calls of one run, found in what clients sent.

    After each `key`, `note` or `end_at_once` says what became of the request.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        # By the name of a call; of one that was answered at once, only its `attempt` is kept.
        self._seen: dict[str, TrackedCall | int] = {}
        self._current: TrackedCall | _NewCall | None = None
        self._body, self._token = b"", ""  # the body that was looked at last, and its token
        self.named = ""  # by the header of the request that is being answered

    def key(self, provider: str, path: str, body: bytes) -> Key:
        """The key of a request; each asking counts as one request."""
        self._current = current = self._named_call() if self.named else None
        if current is not None:
            return current.open.next_key(provider, path)
        if body is self._body:  # a client that tries again sends the same one
            token = self._token
        else:
            token = last_token(body)
            if len(body) <= _WINDOW:  # no run keeps a large one
                self._body, self._token = body, token
        if not token:
            return self._background_key(provider, path, body)
        seen = self._seen.get(token)
        if isinstance(seen, TrackedCall):
            if not self._is_over(seen):
                self._current = seen
                return seen.open.next_key(provider, path)
            seen = seen.attempt
        attempt = 0 if seen is None else seen + 1
        number = _hashed(f"{token}/{attempt}")
        self._current = _new(_NewCall, (token, attempt, number, provider, path))
        return _new(Key, (BACKGROUND_USER, number, provider, path, 0, ""))

    def note(self, exchange: Exchange) -> None:
        """Remember the exchange of the request whose key was computed last."""
        current, self._current = self._current, None
        if isinstance(current, TrackedCall):
            current.last = exchange
        elif current is not None:
            self._remember(current.token, current.tracked(exchange))

    def end_at_once(self, exchange: Exchange) -> None:
        """The same where the whole answer was sent at once; so the call of a token is over."""
        current = self._current
        if type(current) is _NewCall:
            self._current = None
            self._remember(current.token, current.attempt)
        elif current is not None:
            self.note(exchange)

    def _named_call(self) -> TrackedCall:
        """The call that a header names, which goes on for as long as requests name it."""
        name = f"#{self.named}"
        if len(name) > _LONGEST_NAME:
            name = f"##{_hashed(name)}"
        seen = self._seen.get(name)
        if isinstance(seen, TrackedCall):
            self._seen[name] = self._seen.pop(name)  # the latest used comes last
            return seen
        call = TrackedCall(OpenCall(BACKGROUND_USER, number_of(self.named), ""), 0)
        self._remember(name, call)
        return call

    def _is_over(self, seen: TrackedCall) -> bool:
        last = seen.last
        if last is None or last.end == "open":
            return False
        return last.ok or self._now() - last.until > QUIET

    def _remember(self, name: str, seen: TrackedCall | int) -> None:
        if len(self._seen) > _MOST:
            for old in list(self._seen)[: _MOST // 2]:
                del self._seen[old]
        self._seen[name] = seen


def last_token(body: bytes) -> str:
    """The last token in a body; "" without one. Of one that is full of hyphens both ends count."""
    if len(body) <= _SHORT:
        return _last_of_few(body)
    if body.count(b"-") > _MOST_HYPHENS:
        body = body[: _MOST_HYPHENS // 2] + b"\n" + body[-_MOST_HYPHENS // 2 :]
    end = len(body)
    while end > 0:
        begin = max(0, end - _WINDOW)
        hyphens = [hit.start() for hit in _HYPHEN.finditer(body, begin, end + _TAIL)]
        for hyphen in reversed(hyphens):
            if hyphen >= 2 and (hit := _TOKEN.match(body, hyphen - 2)):
                return hit[0].decode("ascii")
        end = begin
    return ""


def _last_of_few(body: bytes) -> str:
    """The same for a short body, from hyphen to hyphen."""
    if _HYPHEN.search(body) is None:  # names of models have hyphens, but hardly five digits
        return ""
    hyphen = body.rfind(b"-")
    while hyphen != -1:
        if hyphen >= 2 and (hit := _TOKEN.match(body, hyphen - 2)):
            return hit[0].decode("ascii")
        hyphen = body.rfind(b"-", 0, hyphen)
    return ""


def number_of(name: str) -> int:
    """The number of a call that a header names: its own, or one that follows from its letters."""
    if name.isascii() and name.isdecimal() and len(name) < 10:
        return int(name)
    return _hashed(name)


def _hashed(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") % _NUMBERS
