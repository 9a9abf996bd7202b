"""Simulated users, who call the app when a call is due and wait for what it returns.

The schedule is an open loop. A user who is still waiting when the next call is due misses that
call, so an hour of hanging counts as an hour without answers, and not as one slow call.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Any

import anyio

from chaos_llm.analysis.call import Call, CallError
from chaos_llm.errors import UsageError
from chaos_llm.protocol.value_text import is_async_stream, is_stream, joined, text_of
from chaos_llm.replay.prompts import PromptBook
from chaos_llm.replay.schedule import Slot
from chaos_llm.requests.app_deadlines import WaitsOfCall
from chaos_llm.requests.app_lines import traceback_of
from chaos_llm.requests.correlation import Correlation, OpenCall
from chaos_llm.virtual_time import VirtualTime

App = Callable[[str], Any]
OnCall = Callable[[Call], None]

# Seconds by which sums of floats may be off: a user whose call ends exactly when the next is due
# does not miss that.
_ROUNDING = 1e-6


@dataclass
class SimulatedUsers:
    """The users of one replay, who make its calls in the virtual time of its outage."""

    clock: VirtualTime
    now: Callable[[], float]  # seconds of the profile
    correlation: Correlation
    prompts: PromptBook
    used_prompts: set[str]  # of this replay and of those before it in the outage
    on_call: OnCall
    known_errors: set[type[BaseException]] = field(default_factory=set)

    def run(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make all calls of the only user one after the other, in the calling thread."""
        return [self._call(app, slot) for slot in slots]

    def run_in_threads(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make the calls of all users, with a thread for each user."""
        calls: list[Call] = []
        failures: list[BaseException] = []

        def make_calls(of_user: Sequence[Slot]) -> None:
            try:
                calls.extend([self._call(app, slot) for slot in of_user])
            except BaseException as failure:  # raised again in the test's thread
                failures.append(failure)

        threads = [  # daemons: after a deadlock they wait for ever, and pytest must still end
            Thread(target=make_calls, args=(of_user,), name=f"user {user}", daemon=True)
            for user, of_user in _by_user(slots)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return sorted(calls, key=lambda call: call.number)

    async def run_async(self, app: App, slots: Sequence[Slot]) -> list[Call]:
        """Make the calls of all users, with a task for each user."""
        calls: list[Call] = []

        async def make_calls(of_user: Sequence[Slot]) -> None:
            with _hidden_from_the_app():
                calls.extend([await self._call_async(app, slot) for slot in of_user])

        try:
            with _hidden_from_the_app():
                async with anyio.create_task_group() as group:
                    for _, of_user in _by_user(slots):
                        group.start_soon(make_calls, of_user)
        except BaseExceptionGroup as group_error:
            raise _innermost(group_error) from None
        return sorted(calls, key=lambda call: call.number)

    def _call(self, app: App, slot: Slot) -> Call:
        call = self._prepare(slot)
        pause = self._pause_before(call)
        if pause is not None:
            if pause > 0:
                self.clock.sleep(pause)
            call.began = self._beginning(slot)
            with self._opened(call), WaitsOfCall() as waits:
                self._end(call, *_result_of(app, call))
            call.waits = tuple(waits)
        self.on_call(call)
        return call

    async def _call_async(self, app: App, slot: Slot) -> Call:
        call = self._prepare(slot)
        pause = self._pause_before(call)
        if pause is not None:
            if pause > 0:
                await anyio.sleep(pause)
            call.began = self._beginning(slot)
            with self._opened(call), WaitsOfCall() as waits:
                self._end(call, *await _result_of_async(app, call))
            call.waits = tuple(waits)
        self.on_call(call)
        return call

    def _opened(self, call: Call) -> AbstractContextManager[object]:
        """Assign what happens inside to a call."""
        return self.correlation.calling(OpenCall(call.user, call.number, call.token))

    def _prepare(self, slot: Slot) -> Call:
        """The call of a slot."""
        prompt, token = self.prompts.prompt(slot.number)
        fresh = prompt not in self.used_prompts
        self.used_prompts.add(prompt)
        return Call(slot.number, slot.user, slot.due, prompt, token, fresh)

    def _pause_before(self, call: Call) -> float | None:
        """Seconds until a call is due, negative if that was just now; None if it is missed.

        It is missed if its user is still waiting for the call before.
        """
        now = self.now()
        if now > call.due + _ROUNDING:
            call.outcome, call.began, call.ended = "missed", call.due, call.due
            return None
        return call.due - now

    def _beginning(self, slot: Slot) -> float:
        """The time when a call begins; if it is on time, the same float object as its due time.

        Sharing floats saves memory, as there may be millions of calls.
        """
        now = self.now()
        return slot.due if 0 <= now - slot.due < _ROUNDING else now

    def _end(self, call: Call, returned: Any, error: BaseException | None) -> None:
        ended = self.now()
        call.ended = call.began if ended == call.began else ended  # one float object for both
        call.returned = returned
        call.error = None if error is None else self._error(error)
        call.text = text_of(returned) if error is None else ""

    def _error(self, error: BaseException) -> CallError:
        """The exception of a call, with a traceback if it is the first of its class."""
        is_first = type(error) not in self.known_errors
        self.known_errors.add(type(error))
        return CallError.of(error, traceback_of(error) if is_first else "")


def _by_user(slots: Sequence[Slot]) -> list[tuple[int, list[Slot]]]:
    """The users in order, each with the slots of its calls."""
    found: dict[int, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.user, []).append(slot)
    return sorted(found.items())


def _result_of(app: App, call: Call) -> tuple[Any, Exception | None]:
    """What a call returned, its stream consumed, and the exception that it raised."""
    try:
        returned = app(call.prompt)
        if isinstance(returned, str):  # mostly; then there is no need to look for streams
            return returned, None
        if is_stream(returned):
            call.streamed = True
            returned = joined(list(returned))
    except Exception as error:
        return None, _error_of_app(error)
    if inspect.isawaitable(returned) or is_async_stream(returned):
        raise _async_in_sync(returned)
    return returned, None


@contextmanager
def _hidden_from_the_app() -> Iterator[None]:
    """Keep the current task out of `asyncio.all_tasks()`.

    An app that cancels every task of its loop, for example when a call times out, cancels its own
    calls by that, and not the simulated users that make them.
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
    """The asyncio task that runs now; None under trio."""
    return None if asyncio._get_running_loop() is None else asyncio.current_task()


async def _result_of_async(app: App, call: Call) -> tuple[Any, BaseException | None]:
    """Call the app in its own task; an app that cancels that task ends only this call."""
    if _current_task() is None:
        return await _result_in_this_task(app, call)
    task = asyncio.create_task(_result_in_this_task(app, call))
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:  # the test ends, and so does the call
        task.cancel()
        await asyncio.wait({task})
        raise
    if task.cancelled():
        return None, asyncio.CancelledError("the app cancelled the task of this call")
    return task.result()


async def _result_in_this_task(app: App, call: Call) -> tuple[Any, BaseException | None]:
    try:
        returned: Any = app(call.prompt)
        if inspect.isawaitable(returned):
            returned = await returned
        call.streamed = is_stream(returned) or is_async_stream(returned)
        if is_async_stream(returned):
            returned = joined([piece async for piece in returned])
        elif is_stream(returned):
            returned = joined(list(returned))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # this task is cancelled from outside
        return None, error  # the app cancelled something and did not catch it
    except Exception as error:
        return None, _error_of_app(error)
    return returned, None


def _error_of_app(error: Exception) -> Exception:
    """The exception of a call; one that reports a wrong use of chaos_llm is raised in the test."""
    if isinstance(error, UsageError):
        raise error
    return error


def _innermost(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of a user's task, without the task group's exception group."""
    error: BaseException = group
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
        "the function returned an awaitable or an async stream: give replay() the async function "
        "itself, or use `await chaos.replay(...)` in an async test"
    )
