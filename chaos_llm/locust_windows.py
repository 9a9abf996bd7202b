"""Locust: the windows of a server's outage in its statistics.

A load test during an outage mixes two things: what was failing, and what load did. Here each window
is a row of Locust's table with how long it was open, and the requests that ended in it are counted
a second time in rows of their own.
"""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

__all__ = ["draw_windows"]

_EVERY = 0.25  # real seconds between two looks at the server
_PATIENCE = 5.0  # real seconds for its answer
_KIND = "outage"  # the type of a window's row, where a request has its method


def draw_windows(environment: Any, url: str, *, run: str = "default", token: str = "") -> None:
    """Follow a run of the server at `url` from the start of the test to its end.

    Call it from a listener of Locust's `init`. `environment` is Locust's; `token` is the server's
    admin token.
    """
    windows = _Windows(environment, f"{url.rstrip('/')}/__chaos/state?run={run}", token)
    environment.events.test_start.add_listener(windows.begin)
    environment.events.request.add_listener(windows.count)
    environment.events.test_stop.add_listener(windows.end)


class _Windows:
    """The windows that are open; in a distributed test every process follows them for itself."""

    def __init__(self, environment: Any, address: str, token: str) -> None:
        self._environment, self._address, self._token = environment, address, token
        self._opened: dict[str, float] = {}  # by name: since when, in real time
        self._is_over = False

    def begin(self, **_: Any) -> None:
        import gevent  # noqa: PLC0415 - Locust brings it

        self._is_over = False
        self._look()
        gevent.spawn(self._follow)

    def _follow(self) -> None:
        while not self._is_over:
            time.sleep(_EVERY)  # noqa: TID251 - Locust makes it gevent's
            self._look()

    def _look(self) -> None:
        try:
            opened = self._state()["open"]
        except OSError:  # the server is busy, or gone: what was open stays so
            return
        now = time.monotonic()  # noqa: TID251 - a load test lives in real time
        for name in opened:
            self._opened.setdefault(name, now)
        for name in [name for name in self._opened if name not in opened]:
            self._close(name, now)

    def _state(self) -> Any:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(self._address, headers=headers)  # noqa: S310 - the user's
        with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:  # noqa: S310 - the same
            return json.load(reply)

    def _close(self, name: str, now: float) -> None:
        """Put a window into the table: its duration stands where a request has its latency."""
        took = (now - self._opened.pop(name)) * 1000
        if not self._is_worker():
            self._environment.stats.get(name, _KIND).log(took, 0)

    def _is_worker(self) -> bool:
        """Whether another process, the master, has the windows' rows."""
        return type(self._environment.runner).__name__ == "WorkerRunner"

    def count(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: BaseException | None = None,
        **_: Any,
    ) -> None:
        """Count a request again for each window that is open."""
        stats = self._environment.stats
        for window in self._opened:
            row = stats.get(f"{name} during {window}", request_type)
            row.log(response_time, response_length)  # not in the total, which has it already
            if exception is not None:
                row.log_error(exception)

    def end(self, **_: Any) -> None:
        """Close what is open still, with the test."""
        self._is_over = True
        now = time.monotonic()  # noqa: TID251 - a load test lives in real time
        for name in tuple(self._opened):
            self._close(name, now)
