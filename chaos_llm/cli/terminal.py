"""The terminal that commands write to: its width, its colours, JSON, and a progress bar."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Self

_WIDEST = 120  # columns; longer lines of prose are hard to read
_BAR, _LABEL = 40, 12  # columns of the progress bar and of the label before it


def width() -> int:
    """The number of columns that a text may use."""
    return min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)


def colours() -> bool:
    """Whether a text may be coloured: on a terminal only, and never with NO_COLOR.

    NO_COLOR counts where it is not empty, as https://no-color.org says.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def open_page(path: Path) -> None:
    """Show a page in the user's browser, as BROWSER or the desktop chooses it; say if none does."""
    import webbrowser  # noqa: PLC0415 - only with --open

    if not webbrowser.open(path.resolve().as_uri()):
        print(f"no browser could be started: open {path} yourself", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as JSON, as `--json` does."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


class Progress:
    """A progress bar on standard error; only on a terminal, and erased at the end."""

    def __init__(self) -> None:
        self._on_terminal, self._shown = sys.stderr.isatty(), ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)

    def show(self, name: str, share: float) -> None:
        """Show the current step, and the share of the whole that is done, from 0 to 1."""
        done = round(share * _BAR)
        bar = "#" * done + "." * (_BAR - done)
        line = f"{name:>{_LABEL}}  [{bar}] {share:4.0%}".replace("%", " %")
        if self._on_terminal and line != self._shown:
            self._shown = line
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
