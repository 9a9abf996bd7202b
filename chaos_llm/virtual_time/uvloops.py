"""uvloop and other loops with a clock of their own: replaced by asyncio's loop, or refused.

libuv reads its clock in C, which cannot be redirected. During an outage uvloop makes asyncio's
loops; a uvloop loop that exists already is refused, because it would hang.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time.scheduler import Scheduler


def refuse_running_loop() -> None:
    """Raise UsageError where the calling thread runs a loop that cannot follow the clock."""
    running = asyncio._get_running_loop()
    if running is not None and not isinstance(running, BaseSelectorEventLoop):
        raise UsageError(_refusal(running))


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Let uvloop, if it is installed, make asyncio's loops."""
    uvloop = _uvloop()
    if uvloop is None:
        return
    loop = uvloop.Loop  # new_event_loop, the policy and run() look this name up
    undo.callback(setattr, uvloop, "Loop", loop)
    uvloop.Loop = asyncio.SelectorEventLoop
    for name in ("run_forever", "run_until_complete"):
        undo.callback(_put_back, loop, name, vars(loop).get(name))
        setattr(loop, name, _refusing(getattr(loop, name), scheduler))


def _refusing(run: Callable[..., Any], scheduler: Scheduler) -> Callable[..., Any]:
    def refuse(loop: Any, *args: Any) -> Any:
        if scheduler.here() is not None:
            raise UsageError(_refusal(loop))
        return run(loop, *args)

    return refuse


def _refusal(loop: object) -> str:
    kind = type(loop)
    return (
        f"a {kind.__module__}.{kind.__qualname__} cannot follow virtual time: its clock is not "
        "Python's. Use asyncio's own event loop in this test, or make the loop inside the outage"
    )


def _put_back(kind: Any, name: str, own: Any) -> None:
    if own is None:
        delattr(kind, name)
    else:
        setattr(kind, name, own)


@cache
def _installed() -> bool:
    return importlib.util.find_spec("uvloop") is not None


def _uvloop() -> Any:
    if "uvloop" not in sys.modules and _installed():
        importlib.import_module("uvloop")  # the app may import it during the outage
    return sys.modules.get("uvloop")
