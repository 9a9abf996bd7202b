"""The position of a thread or coroutine in its code: for messages, and to see whether it moved."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

from chaos_llm.protocol.app_files import app_file

OURS = "chaos_llm.virtual_time"
_ANSWERING = "chaos_llm.interception."  # where an app's request waits for its answer
_PLUMBING = (
    "threading",
    "queue",
    "selectors",
    "anyio",
    "asyncio",
    "concurrent",
    "contextlib",
    "trio",
    "time_machine",  # older releases read the clock in Python
    OURS,
)

# By type, the prefix of the attributes that hold its frame and what it awaits.
_PREFIXES: dict[type, str] = {CoroutineType: "cr", AsyncGeneratorType: "ag", GeneratorType: "gi"}
_WRAPPERS = (
    "async_generator_asend",
    "async_generator_athrow",
    "anext_awaitable",
    "coroutine_wrapper",
)

Position = tuple[int | None, int | None, int | None, int | None]
Place = tuple[tuple[CodeType, Position], ...]


def first_frame_outside(frame: FrameType | None, *modules: str) -> FrameType | None:
    """The innermost frame that is not in one of these modules (or packages)."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not any(name == module or name.startswith(module + ".") for module in modules):
            break
        frame = frame.f_back
    return frame


def skip_own_frames(frame: FrameType | None) -> FrameType | None:
    """The innermost frame outside this package: entering a redirected builtin is no move."""
    return first_frame_outside(frame, OURS)


def place(frame: FrameType | None) -> Place:
    """A thread's position in its code, which is equal as long as the thread has not moved."""
    stack = []
    while (frame := skip_own_frames(frame)) is not None:
        stack.append((frame.f_code, position(frame.f_code, frame.f_lasti)))
        frame = frame.f_back
    return tuple(stack)


@lru_cache(maxsize=1000)
def position(code: CodeType, at: int) -> Position:
    """The lines and columns of the expression to which an instruction belongs.

    Instruction offsets would not do: they differ between a call of a builtin and a call of the
    Python function that replaces it.
    """
    # An instruction has two bytes, and co_positions() has an entry for each instruction.
    return next(islice(code.co_positions(), max(at, 0) // 2, None), (None, None, None, None))


def place_of_thread(ident: int) -> str:
    """The app's own innermost frame in a thread as " at file:line (function)", or nothing."""
    frame = first_frame_outside(sys._current_frames().get(ident), *_PLUMBING)
    return _text(_sender(frame, _callers(frame)))


def place_of_coroutine(coroutine: Any) -> str:
    """The app's own innermost frame in a suspended coroutine, in the same format."""
    found: list[FrameType] = []
    for frame in suspended_frames(coroutine):
        if outside := first_frame_outside(frame, *_PLUMBING):
            found.insert(0, outside)
    return _text(_sender(found[0], found)) if found else ""


def _sender(frame: FrameType | None, stack: Iterable[FrameType]) -> FrameType | None:
    """For a wait for an answer the app's frame in `stack` that sent the request; else the frame."""
    if frame is None or not frame.f_globals.get("__name__", "").startswith(_ANSWERING):
        return frame
    return next((each for each in stack if app_file(each.f_code.co_filename)), frame)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def suspended_frames(awaitable: Any) -> Iterator[FrameType]:
    """The frames of a suspended coroutine and of all that it awaits, the outermost first."""
    while awaitable is not None:
        prefix = _PREFIXES.get(type(awaitable))
        if prefix is None:
            awaitable = _wrapped(awaitable)
            continue
        frame = getattr(awaitable, f"{prefix}_frame")
        if frame is not None:
            yield frame
        awaitable = getattr(awaitable, "gi_yieldfrom" if prefix == "gi" else f"{prefix}_await")


def _wrapped(awaitable: Any) -> Any:
    """What one of CPython's wrappers awaits (`async for`, `anext`, `__await__()`), or None.

    These wrappers show it to the garbage collector only. Futures are the end of a chain.
    """
    if type(awaitable).__name__ not in _WRAPPERS:
        return None
    found = gc.get_referents(awaitable)
    return next((one for one in found if type(one) in _PREFIXES or _wrapped(one)), None)


def _text(frame: FrameType | None) -> str:
    if frame is None:
        return ""
    return f" at {frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
