"""Which line of the app's own code is at work: of a request, and of an exception.

The app's own code is what is neither in Python's library, nor in an installed package, nor ours.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType

_OURS = str(Path(__file__).parents[1]) + os.sep
_DEMO = f"{_OURS}demo{os.sep}"  # its bots are apps
_PYTHON = tuple({sysconfig.get_paths()[name] + os.sep for name in ("stdlib", "platstdlib")})
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_REPLAY = "chaos_llm.replay."  # what calls the app: frames behind it are the test's
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
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_REPLAY):
            return ""
        if shown := _shown_file(frame.f_code.co_filename):
            return sys.intern(f"{shown}:{frame.f_lineno} in {frame.f_code.co_name}")
        frame = frame.f_back
    return ""


def is_line_of_app(frame: FrameType) -> bool:
    """Whether a frame runs the app's own code."""
    return bool(_shown_file(frame.f_code.co_filename))


def is_set_by_app(frame: FrameType | None) -> bool:
    """Whether the app's own code, and no library, has entered the block."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        frame = frame.f_back
    return frame is not None and is_line_of_app(frame)


def traceback_of(error: BaseException) -> str:
    """The lines of the app's own code that an exception came through, the innermost last."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if shown := _shown_file(trace.tb_frame.f_code.co_filename):
            lines.append(_with_code(trace, shown))
        trace = trace.tb_next
    return "\n".join(lines[-_MOST:])


def _with_code(trace: TracebackType, shown: str) -> str:
    code = trace.tb_frame.f_code
    text = linecache.getline(code.co_filename, trace.tb_lineno, trace.tb_frame.f_globals).strip()
    return f"{shown}:{trace.tb_lineno} in {code.co_name}" + (f"\n    {text}" if text else "")


@lru_cache(maxsize=4096)
def _shown_file(path: str) -> str:
    """A file of the app, relative to the current folder if it is in there; empty for others."""
    if path.startswith("<") or any(folder in path for folder in _INSTALLED):
        return ""
    if path.startswith(_PYTHON) or (path.startswith(_OURS) and not path.startswith(_DEMO)):
        return ""
    return path.removeprefix(f"{Path.cwd()}{os.sep}")
