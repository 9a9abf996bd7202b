"""Watches the deadlines that the app's own code sets, and the work that it gives up.

Seen are `asyncio.timeout` and `timeout_at`, `asyncio.wait_for`, cancel scopes with a deadline of
anyio (`fail_after`, `move_on_after`) and trio, and futures of thread pools that are cancelled while
they run. Deadlines that a library sets are not the app's, and are left out.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import sys
from asyncio import Timeout
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from math import inf
from typing import TYPE_CHECKING, Any

from chaos_llm.interception import waits
from chaos_llm.interception.cancellation import give_up, working_for
from chaos_llm.requests import app_deadlines
from chaos_llm.requests.app_deadlines import AppDeadline, OpenDeadline
from chaos_llm.requests.app_lines import is_set_by_app
from chaos_llm.virtual_time.patching import replace_coroutine_function

if TYPE_CHECKING:
    from chaos_llm.interception.context import InterceptionContext

_WAITS_WITHOUT_TIMEOUT = (3, 11)  # the Python whose `wait_for` does not use `asyncio.timeout`


def watch(context: InterceptionContext, undo: ExitStack) -> None:
    """Note deadlines of asyncio, waits and cancelled work until `undo` is closed."""
    _watch_asyncio(context.now, undo)
    _watch_pools(undo)
    waits.watch(context.now, undo)


def of_anyio(context: InterceptionContext, undo: ExitStack) -> None:
    """Note the deadlines of anyio's cancel scopes on asyncio."""
    from anyio._backends._asyncio import CancelScope  # noqa: PLC0415 - is imported already

    _watch_scopes(CancelScope, context.now, undo)


def of_trio(context: InterceptionContext, undo: ExitStack) -> None:
    """Note the deadlines of trio's cancel scopes."""
    from trio import CancelScope  # noqa: PLC0415 - is imported already

    _watch_scopes(CancelScope, context.now, undo)


def _watch_asyncio(now: Callable[[], float], undo: ExitStack) -> None:
    enter, leave = Timeout.__aenter__, Timeout.__aexit__

    async def entering(block: Timeout) -> Timeout:
        entered = await enter(block)
        if is_set_by_app(sys._getframe(1)):
            _note(block, block.when, now(), asyncio.current_task())
        return entered

    async def leaving(block: Timeout, *error: Any) -> None:
        app_deadlines.leave(block, now())
        await leave(block, *error)  # it returns None, and raises what it does not catch

    undo.callback(setattr, Timeout, "__aenter__", enter)
    undo.callback(setattr, Timeout, "__aexit__", leave)
    Timeout.__aenter__, Timeout.__aexit__ = entering, leaving  # type: ignore[method-assign, assignment]  # until the end
    if sys.version_info[:2] == _WAITS_WITHOUT_TIMEOUT:
        replace_coroutine_function(undo, asyncio.wait_for, lambda real: _waiting(real, now))


def _waiting(real: Callable[..., Any], now: Callable[[], float]) -> Callable[..., Any]:
    async def wait_for(fut: Any, timeout: float | None) -> Any:  # noqa: ASYNC109 - as asyncio's
        if timeout is None or timeout <= 0 or not is_set_by_app(sys._getframe(1)):
            return await real(fut, timeout)
        scope, ends = object(), asyncio.get_running_loop().time() + timeout
        deadline = _note(scope, lambda: ends, now(), None)
        try:
            # The task begins in a context with the deadline; `wait_for` would make it a bit later.
            waited_for = asyncio.ensure_future(fut)
            if deadline is not None:
                deadline.task = waited_for
            return await real(waited_for, timeout)
        finally:
            app_deadlines.leave(scope, now())

    return wait_for


def _watch_scopes(scopes: Any, now: Callable[[], float], undo: ExitStack) -> None:
    enter, leave = scopes.__enter__, scopes.__exit__

    def entering(scope: Any) -> Any:
        entered = enter(scope)
        if scope.deadline != inf and is_set_by_app(sys._getframe(1)):
            _note(scope, lambda: scope.deadline, now(), _asyncio_task())
        return entered

    def leaving(scope: Any, *error: Any) -> Any:
        app_deadlines.leave(scope, now())
        return leave(scope, *error)

    undo.callback(setattr, scopes, "__enter__", enter)
    undo.callback(setattr, scopes, "__exit__", leave)
    scopes.__enter__, scopes.__exit__ = entering, leaving


def _note(
    scope: object, when: Callable[[], float | None], now: float, task: object
) -> OpenDeadline | None:
    """Note a deadline on the clock of the event loop; None if the block has none."""
    clock = _clock_of_loop()

    def remaining() -> float:
        at = when()
        return inf if at is None else at - clock()

    if remaining() == inf:
        return None
    deadline = OpenDeadline(scope, AppDeadline(now, now + remaining()), remaining, task)
    app_deadlines.enter(deadline)
    return deadline


def _clock_of_loop() -> Callable[[], float]:
    loop = asyncio._get_running_loop()
    if loop is not None:
        return loop.time
    clock: Callable[[], float] = sys.modules["trio"].lowlevel.current_clock().current_time
    return clock


def _asyncio_task() -> object:
    return None if asyncio._get_running_loop() is None else asyncio.current_task()


def _watch_pools(undo: ExitStack) -> None:
    item: Any = concurrent.futures.thread._WorkItem
    begin, run, cancel = item.__init__, item.run, Future.cancel

    def beginning(work: Any, future: Future[Any], *task: Any) -> None:
        begin(work, future, *task)
        app_deadlines.hand_over(future)

    def running(work: Any, *context: Any) -> None:  # CPython 3.14 passes the worker's context
        with working_for(work.future), app_deadlines.handed_over(work.future):
            run(work, *context)

    def cancelling(future: Future[Any]) -> bool:
        cancelled = cancel(future)
        if not cancelled and future.running():
            give_up(future)
        return cancelled

    undo.callback(setattr, item, "__init__", begin)
    undo.callback(setattr, item, "run", run)
    undo.callback(setattr, Future, "cancel", cancel)
    item.__init__, item.run = beginning, running
    Future.cancel = cancelling  # type: ignore[method-assign, assignment]  # until the end
