"""Which line of the app's own code is at work: of a request, and of an exception."""

from __future__ import annotations

import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType

from chaos_llm.protocol.app_files import app_file

# What calls the app: frames behind it are the test's.
_REPLAY = f"{Path(__file__).parents[1] / 'replay'}{os.sep}"
_MOST = 6  # lines of a traceback
# Modules between the library's function that sets a deadline and the code that calls it.
_BETWEEN = (
    "asyncio.",
    "anyio.",
    "trio.",
    "concurrent.",
    "contextlib",
    "async_timeout",
    "chaos_llm.interception.",
)


def line_of_request() -> str:
    """The innermost line of the app's own code on this stack: "bot.py:24 in ask", or nothing."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (shown := _shown(frame.f_code.co_filename)) is None:
        frame = frame.f_back
    if frame is None or not shown:
        return ""
    return sys.intern(f"{shown}:{frame.f_lineno} in {frame.f_code.co_name}")


@lru_cache(maxsize=4096)
def _shown(path: str) -> str | None:
    """A file of the app as it is shown; None for others, and "" for the replay's, which end it."""
    return app_file(path) or ("" if path.startswith(_REPLAY) else None)


def is_line_of_app(frame: FrameType) -> bool:
    """Whether a frame runs the app's own code."""
    return bool(app_file(frame.f_code.co_filename))


def is_set_by_app(frame: FrameType | None) -> bool:
    """Whether the app's own code, and no library, has entered the block."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        frame = frame.f_back
    return frame is not None and is_line_of_app(frame)


def traceback_of(error: BaseException) -> str:
    """The lines of the app's own code that an exception came through, the innermost last."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if shown := app_file(trace.tb_frame.f_code.co_filename):
            lines.append(_with_code(trace, shown))
        trace = trace.tb_next
    return "\n".join(lines[-_MOST:])


def _with_code(trace: TracebackType, shown: str) -> str:
    code = trace.tb_frame.f_code
    text = linecache.getline(code.co_filename, trace.tb_lineno, trace.tb_frame.f_globals).strip()
    return f"{shown}:{trace.tb_lineno} in {code.co_name}" + (f"\n    {text}" if text else "")
