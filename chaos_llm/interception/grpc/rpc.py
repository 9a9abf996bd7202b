"""One call as the core carries it out: attempts, retries, deadline, and what has arrived so far.

It does no input or output and reads no clock: whoever drives it asks when something is `due`, and
takes a `step` then.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Protocol

from chaos_llm.errors import HarnessError
from chaos_llm.interception.grpc.retry_policy import RetryPolicy, reconnect_pause
from chaos_llm.interception.grpc.timeline import Event
from chaos_llm.journal.journal import End
from chaos_llm.protocol.grpc_wire import Metadata, Status
from chaos_llm.protocol.keyed_random import KeyedRandom

_OF_THE_CLIENT = ("CANCELLED", "DEADLINE_EXCEEDED")
_LATE = Status("DEADLINE_EXCEEDED", "Deadline Exceeded")
_LATE_IN_STREAM = Status("DEADLINE_EXCEEDED", "Stream removed (Deadline Exceeded)")


class Attempt(Protocol):
    """One request to the provider and its reply."""

    events: tuple[Event, ...]
    rng: KeyedRandom

    def end(self, how: End) -> None:
        """Note how it ended."""


@dataclass(frozen=True)
class Rules:
    """What a call was asked to obey; `deadline` is a moment of the clock that drives it."""

    retries: RetryPolicy
    deadline: float | None = None
    waits_for_ready: bool = False


class Rpc:
    """One call; `send` makes its nth attempt, from 1.

    `headers`, `messages` and `status` are what has arrived; the driver takes messages out.
    """

    def __init__(self, send: Callable[[int], Attempt], rules: Rules, now: float) -> None:
        self._send, self._rules = send, rules
        self._context = copy_context()  # a retry belongs to the call that the first one came from
        self._plan: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers, self._attempts, self._unconnected = count(), 0, 0
        self._attempt: Attempt | None = None
        self.headers: Metadata | None = None
        self.messages: deque[bytes] = deque()
        self.status: Status | None = None
        self._begin(now)

    @property
    def due(self) -> float | None:
        """When something happens next; None where nothing does by itself."""
        if self.status is not None:
            return None
        moments = [self._plan[0][0]] if self._plan else []
        if self._rules.deadline is not None:
            moments.append(self._rules.deadline)
        return min(moments, default=None)

    @property
    def is_drained(self) -> bool:
        """Whether a status that has come is reported: after the messages before it.

        The client's own, which it sets at once, waits for none.
        """
        of_the_client = self.status is not None and self.status.code in _OF_THE_CLIENT
        return not self.messages or of_the_client

    def advance(self, now: float) -> None:
        """Let all happen that is due by now."""
        while (due := self.due) is not None and due <= now:
            self._step(due, now)

    def _step(self, due: float, now: float) -> None:
        deadline = self._rules.deadline
        if deadline is not None and due >= deadline:
            self._finish(_LATE if self.headers is None else _LATE_IN_STREAM, "timeout")
            return
        _, _, happens = heapq.heappop(self._plan)
        try:
            happens(now)
        except HarnessError as error:  # which the clock has recorded; the app's thread goes on
            self._finish(Status("UNKNOWN", str(error)), "abandoned")

    def cancel(self, status: Status) -> None:
        """End the call from the client's side."""
        self._finish(status, "abandoned")

    def _finish(self, status: Status, how: End) -> None:
        if self.status is None:
            if self._attempt is not None:
                self._attempt.end(how)
            self.headers = self.headers or ()
            self.status = status
            self._plan.clear()

    def _begin(self, now: float) -> None:
        self._attempts += 1
        self._attempt = attempt = self._context.run(self._send, self._attempts)
        due = now
        for event in attempt.events:
            due += event.pause
            self._at(due, partial(self._take, event))

    def _at(self, when: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(self._plan, (when, next(self._numbers), happens))

    def _take(self, event: Event, now: float) -> None:
        if event.headers is not None:
            self.headers = event.headers
        elif event.message is not None:
            self.messages.append(event.message)
        elif event.status is not None:
            self._conclude(event, event.status, now)

    def _conclude(self, event: Event, status: Status, now: float) -> None:
        """End the call, or go on with another attempt."""
        assert self._attempt is not None
        rng, rules = self._attempt.rng, self._rules
        if not event.connected and rules.waits_for_ready:
            self._attempts, self._unconnected = self._attempts - 1, self._unconnected + 1
            pause = reconnect_pause(self._unconnected, rng)
        elif not event.is_final and self._is_retried(status):
            pause = rules.retries.pause(self._attempts, rng)
        else:
            self._finish(status, event.end)
            return
        self._attempt.end(event.end)
        self._attempt = None
        self._plan.clear()
        self._at(now + pause, self._begin)

    def _is_retried(self, status: Status) -> bool:
        """Whether the service config asks for another attempt; headers commit to this one."""
        retries = self._rules.retries
        allowed = self._attempts < retries.attempts and status.code in retries.codes
        return allowed and self.headers is None
