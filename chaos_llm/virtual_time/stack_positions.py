"""Where a thread stands: for messages, and to see whether it has moved."""

from __future__ import annotations

import sys
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any

OURS = "chaos_llm.virtual_time"
_PLUMBING = ("threading", "queue", "selectors", "asyncio", "concurrent", "contextlib", "trio", OURS)

Position = tuple[int | None, int | None, int | None, int | None]
Place = tuple[tuple[CodeType, Position], ...]


def outer(frame: FrameType | None, *modules: str) -> FrameType | None:
    """The innermost frame that is not in one of these modules (or packages)."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not any(name == module or name.startswith(module + ".") for module in modules):
            break
        frame = frame.f_back
    return frame


def without_us(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is not ours; to pass through a redirect is no move."""
    return outer(frame, OURS)


def place(frame: FrameType | None) -> Place:
    """A thread's position: equal as long as it has not moved."""
    stack = []
    while (frame := without_us(frame)) is not None:
        stack.append((frame.f_code, position(frame.f_code, frame.f_lasti)))
        frame = frame.f_back
    return tuple(stack)


@lru_cache(maxsize=1000)
def position(code: CodeType, at: int) -> Position:
    """The expression that an instruction belongs to: its lines and columns.

    Offsets would not do: a call of a compiled function and of the Python function that stands in
    for it leave the caller at different ones.
    """
    return next(islice(code.co_positions(), max(at, 0) // 2, None), (None, None, None, None))


def place_of_thread(ident: int) -> str:
    """The app's own innermost frame in a thread as " at file:line (function)", or nothing."""
    return _text(outer(sys._current_frames().get(ident), *_PLUMBING))


def place_of_coroutine(coroutine: Any) -> str:
    """The app's own innermost frame in a suspended coroutine, in the same words."""
    found = None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        found = outer(frame, *_PLUMBING) or found
        coroutine = getattr(coroutine, "cr_await", None)
    return _text(found)


def _text(frame: FrameType | None) -> str:
    if frame is None:
        return ""
    return f" at {frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
