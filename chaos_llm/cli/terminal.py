"""What commands know of the terminal they write to."""

from __future__ import annotations

import shutil
import sys
from typing import Self

_WIDEST = 120
_BAR, _LABEL = 40, 12  # columns of the progress bar and of what stands before it


def width() -> int:
    """How many columns a text may have."""
    return min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)


class Progress:
    """A bar that says how much is done, on a terminal only; it leaves nothing behind."""

    def __init__(self) -> None:
        self._on_terminal, self._shown = sys.stderr.isatty(), ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)

    def show(self, name: str, share: float) -> None:
        """Say what is going on, and which share of the whole is done."""
        done = round(share * _BAR)
        bar = "#" * done + "." * (_BAR - done)
        line = f"{name:>{_LABEL}}  [{bar}] {share:4.0%}".replace("%", " %")
        if self._on_terminal and line != self._shown:
            self._shown = line
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
