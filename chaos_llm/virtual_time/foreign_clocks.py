"""Other libraries' virtual clocks and green threads, with which an outage cannot work: refused.

looptime, aiotools' VirtualClock, async-solipsism and trio's MockClock give a loop a clock that
moves when the loop idles. An outage's clock moves when the process idles, so each would wait for
the other. gevent and eventlet replace threads, locks and sockets by their own.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time.redirects import real_monotonic
from chaos_llm.virtual_time.scheduler import Scheduler

_TOLERANCE = 1.0  # seconds between a loop's time and the clock; more means another clock
_refused: weakref.WeakSet[Any] = weakref.WeakSet()

# The library, its module that patches, the name there of what has been patched, and by which call.
_GREEN_THREADS = (
    ("gevent", "gevent.monkey", "saved", "gevent.monkey.patch_all()"),
    ("eventlet", "eventlet.patcher", "already_patched", "eventlet.monkey_patch()"),
)


def refuse_green_threads() -> None:
    """Raise UsageError where gevent or eventlet has patched this process."""
    for library, module, patched, call in _GREEN_THREADS:
        found: Any = sys.modules.get(module)
        if found is not None and getattr(found, patched, None):
            raise UsageError(
                f"{library} has patched this process ({call}): its green threads and its timers "
                "have a loop of their own, which cannot follow virtual time. Run this test in a "
                "process that is not patched, or let the app call a mock server, which uses real "
                "time: the fixture `chaos_server`, or `chaos-llm serve`"
            )


def refuse_running() -> None:
    """Raise UsageError where the calling thread runs on another virtual clock."""
    loop = asyncio._get_running_loop()
    if loop is not None and abs(loop.time() - real_monotonic()) > _TOLERANCE:
        raise UsageError(_refusal(_owner(loop)))
    clock = getattr(getattr(_trio_context(), "runner", None), "clock", None)
    if clock is not None and _is_mock(clock):
        raise UsageError(_refusal("trio's MockClock"))


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Refuse loops that run on another virtual clock during the outage."""
    kind: Any = BaseEventLoop
    check = kind._check_running  # every way of running a loop calls it first
    undo.callback(setattr, kind, "_check_running", check)

    def check_running(loop: Any) -> None:
        check(loop)
        if scheduler.here() is not None:
            refuse_own_time(loop, scheduler.clock.monotonic())

    kind._check_running = check_running
    run: Any = sys.modules.get("trio._core._run")
    if run is not None:
        undo.callback(setattr, run, "setup_runner", run.setup_runner)
        run.setup_runner = _refusing(run.setup_runner, scheduler)


def refuse_own_time(loop: Any, now: float) -> None:
    """Raise UsageError where a loop's time differs from that of the clock."""
    if abs(loop.time() - now) > _TOLERANCE and not _is_compiled(loop) and loop not in _refused:
        _refused.add(loop)  # only once, because clean-up code has to run the loop to end its tasks
        raise UsageError(_refusal(_owner(loop)))


def _refusing(set_up: Callable[..., Any], scheduler: Scheduler) -> Callable[..., Any]:
    def set_up_run(clock: Any, *args: Any, **options: Any) -> Any:
        if _is_mock(clock) and scheduler.here() is not None:
            raise UsageError(_refusal("trio's MockClock"))
        return set_up(clock, *args, **options)

    return set_up_run


def _refusal(clock: str) -> str:
    return (
        f"{clock} is already active; an outage has its own clock, for event loops as well: "
        "remove the other one from this test"
    )


def _owner(loop: Any) -> str:
    """The package from which a loop's `time` method comes."""
    package = str(getattr(loop.time, "__module__", "") or type(loop).__module__).split(".")[0]
    return {"aiotools": "aiotools' VirtualClock"}.get(package, package)


def _is_compiled(loop: Any) -> bool:
    """Whether it is a compiled loop such as uvloop's, which uvloops.py refuses."""
    return not isinstance(loop, BaseEventLoop)


def _trio_context() -> Any:
    return getattr(sys.modules.get("trio._core._run"), "GLOBAL_RUN_CONTEXT", None)


def _is_mock(clock: object) -> bool:
    mock = getattr(sys.modules.get("trio._core._mock_clock"), "MockClock", None)
    return mock is not None and isinstance(clock, mock)
