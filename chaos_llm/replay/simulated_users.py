"""Simulated users: they call the app when a call is due, and wait for what it returns.

The schedule is an open loop. A user who is still waiting when the next call is due misses it, so
an hour of hanging is an hour lost, and not one slow call.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any

import anyio

from chaos_llm.analysis.call import Call
from chaos_llm.errors import UsageError
from chaos_llm.replay.prompts import PromptBook
from chaos_llm.replay.response_text import is_async_stream, is_stream, joined, text_of
from chaos_llm.replay.schedule import Slot
from chaos_llm.requests.correlation import Correlation, OpenCall
from chaos_llm.virtual_time import VirtualTime

App = Callable[[str], Any]
OnCall = Callable[[Call], None]

_ROUNDING = 1e-6  # seconds; who ends a call exactly when the next is due does not miss it


@dataclass
class SimulatedUsers:
    """The calls of one replay, on the clock of its outage."""

    clock: VirtualTime
    now: Callable[[], float]  # seconds of the profile
    correlation: Correlation
    prompts: PromptBook
    seen: set[str]  # prompts of the replays before this one
    on_call: OnCall

    def run(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make all calls of one user, one after the other, in the calling thread."""
        return [self._call(app, slot) for slot in slots]

    def run_in_threads(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make the calls of all users, each user a thread of its own on the outage's clock."""
        calls: list[Call] = []
        failures: list[BaseException] = []

        def live(user: int) -> None:
            try:
                calls.extend([self._call(app, slot) for slot in slots if slot.user == user])
            except BaseException as failure:  # raised again in the test's thread
                failures.append(failure)

        users = sorted({slot.user for slot in slots})
        threads = [  # daemons: after a deadlock they wait for ever, and pytest must still end
            Thread(target=live, args=(user,), name=f"user {user}", daemon=True) for user in users
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return sorted(calls, key=lambda call: call.number)

    async def run_async(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make the calls of all users, each user a task of its own."""
        calls: list[Call] = []

        async def live(user: int) -> None:
            mine = [slot for slot in slots if slot.user == user]
            with _hidden_from_the_app():
                calls.extend([await self._call_async(app, slot) for slot in mine])

        try:
            with _hidden_from_the_app():
                async with anyio.create_task_group() as group:
                    for user in sorted({slot.user for slot in slots}):
                        group.start_soon(live, user)
        except BaseExceptionGroup as several:
            raise _first(several) from None
        return sorted(calls, key=lambda call: call.number)

    def _call(self, app: App, slot: Slot) -> Call:
        call = self._prepare(slot)
        if call.outcome != "missed":
            if (pause := slot.due - self.now()) > 0:
                self.clock.sleep(pause)
            call.began = self.now()
            with self.correlation.calling(OpenCall(call.user, call.number, call.token)):
                self._conclude(call, *_attempt(partial(app, call.prompt)))
        self.on_call(call)
        return call

    async def _call_async(self, app: App, slot: Slot) -> Call:
        call = self._prepare(slot)
        if call.outcome != "missed":
            if (pause := slot.due - self.now()) > 0:
                await anyio.sleep(pause)
            call.began = self.now()
            with self.correlation.calling(OpenCall(call.user, call.number, call.token)):
                self._conclude(call, *await _attempt_async(partial(app, call.prompt)))
        self.on_call(call)
        return call

    def _prepare(self, slot: Slot) -> Call:
        prompt, token = self.prompts.prompt(slot.number)
        fresh = prompt not in self.seen
        self.seen.add(prompt)
        call = Call(slot.number, slot.user, slot.due, prompt, token, fresh)
        if self.now() > slot.due + _ROUNDING:
            call.outcome, call.began, call.ended = "missed", slot.due, slot.due
        return call

    def _conclude(self, call: Call, returned: Any, error: BaseException | None) -> None:
        call.ended, call.error, call.returned = self.now(), error, returned
        call.text = text_of(returned) if error is None else ""


def _attempt(make: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        returned = make()
        if is_stream(returned):
            returned = joined(list(returned))
    except Exception as error:
        return None, _theirs(error)
    if inspect.isawaitable(returned) or is_async_stream(returned):
        raise _async_in_sync(returned)
    return returned, None


@contextmanager
def _hidden_from_the_app() -> Iterator[None]:
    """Keep the current task out of `asyncio.all_tasks()`.

    An app that cancels every task of its loop, as one did when a call timed out, ends its own calls
    by that, and not the users who make them.
    """
    task = _current_task()
    if task is None:
        yield
        return
    asyncio.tasks._unregister_task(task)
    try:
        yield
    finally:
        asyncio.tasks._register_task(task)


def _current_task() -> asyncio.Task[Any] | None:
    """The task of asyncio's that runs; None under trio."""
    return None if asyncio._get_running_loop() is None else asyncio.current_task()


async def _attempt_async(
    make: Callable[[], Awaitable[Any]],
) -> tuple[Any, BaseException | None]:
    """Call the app in a task of its own, which it may cancel."""
    if _current_task() is None:
        return await _attempt_here(make)
    task = asyncio.create_task(_attempt_here(make))
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:  # the test ends, and the call with it
        task.cancel()
        await asyncio.wait({task})
        raise
    if task.cancelled():
        return None, asyncio.CancelledError("the app cancelled the task of this call")
    return task.result()


async def _attempt_here(
    make: Callable[[], Awaitable[Any]],
) -> tuple[Any, BaseException | None]:
    try:
        returned: Any = make()
        if inspect.isawaitable(returned):
            returned = await returned
        if is_async_stream(returned):
            returned = joined([piece async for piece in returned])
        elif is_stream(returned):
            returned = joined(list(returned))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # somebody ends this task; else the app let its own cancellation out
        return None, error
    except Exception as error:
        return None, _theirs(error)
    return returned, None


def _theirs(error: Exception) -> Exception:
    """What the app's user saw; a mistake in using chaos_llm is the test's own and goes on."""
    if isinstance(error, UsageError):
        raise error
    return error


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a user's task raised, without the group that it came in."""
    error: BaseException = several
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def is_async(app: App) -> bool:
    """Whether an app is an async function or method, or an object with an async `__call__`."""
    while isinstance(app, partial):
        app = app.func
    called = getattr(type(app), "__call__", None)  # noqa: B004 - the method is wanted, not the fact
    return any(
        inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        for function in (app, called)
    )


def _async_in_sync(returned: Any) -> UsageError:
    if inspect.iscoroutine(returned):
        returned.close()
    return UsageError(
        "the function returned something to be awaited: give replay() the async function itself, "
        "or use `await chaos.replay_async(...)`"
    )
