"""Virtual clocks of other libraries for event loops: refused, as two clocks would stand still.

looptime, aiotools' VirtualClock, async-solipsism and trio's MockClock give a loop a time of its own
that moves when the loop idles. Ours moves when the process does, so each would wait for the other.
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

_APART = 1.0  # seconds; a loop on the clock shows what the clock shows
_refused: weakref.WeakSet[Any] = weakref.WeakSet()


def refuse_running() -> None:
    """Raise UsageError where the calling thread runs on another virtual clock."""
    loop = asyncio._get_running_loop()
    if loop is not None and abs(loop.time() - real_monotonic()) > _APART:
        raise UsageError(_refusal(_owner(loop)))
    clock = getattr(getattr(_trio_context(), "runner", None), "clock", None)
    if clock is not None and _is_mock(clock):
        raise UsageError(_refusal("trio's MockClock"))


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Refuse loops that are run on a virtual clock of their own while an outage is on."""
    kind: Any = BaseEventLoop
    check = kind._check_running  # which every way of running a loop calls first
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
    """Raise UsageError where a loop does not show what the clock shows."""
    if abs(loop.time() - now) > _APART and not _is_compiled(loop) and loop not in _refused:
        _refused.add(loop)  # once: whoever ends its tasks has to run it again
        raise UsageError(_refusal(_owner(loop)))


def _refusing(set_up: Callable[..., Any], scheduler: Scheduler) -> Callable[..., Any]:
    def set_up_run(clock: Any, *args: Any, **options: Any) -> Any:
        if _is_mock(clock) and scheduler.here() is not None:
            raise UsageError(_refusal("trio's MockClock"))
        return set_up(clock, *args, **options)

    return set_up_run


def _refusal(clock: str) -> str:
    return (
        f"{clock} is already active; an outage brings its own clock, for event loops as well: "
        "take the other one away from this test"
    )


def _owner(loop: Any) -> str:
    """Whose clock a loop shows: the package that its `time` comes from."""
    package = str(getattr(loop.time, "__module__", "") or type(loop).__module__).split(".")[0]
    return {"aiotools": "aiotools' VirtualClock"}.get(package, package)


def _is_compiled(loop: Any) -> bool:
    """Whether it is a loop like uvloop's, for which there is another refusal."""
    return not isinstance(loop, BaseEventLoop)


def _trio_context() -> Any:
    return getattr(sys.modules.get("trio._core._run"), "GLOBAL_RUN_CONTEXT", None)


def _is_mock(clock: object) -> bool:
    mock = getattr(sys.modules.get("trio._core._mock_clock"), "MockClock", None)
    return mock is not None and isinstance(clock, mock)
