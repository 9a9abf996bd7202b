"""How much work one schema may cause, because all other clients wait meanwhile."""

from __future__ import annotations

from typing import Any


class TooHard(Exception):
    """A schema asks for more work than one request may cause."""


class Budget:
    """Steps that are left, each about a microsecond or two; `spend` raises TooHard below zero.

    `patterns` are those that were parsed for this schema, by their text.
    """

    __slots__ = ("left", "patterns")

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.patterns: dict[str, Any] = {}

    def spend(self, steps: int = 1) -> None:
        """Pay for work before it is done."""
        self.left -= steps
        if self.left < 0:
            raise TooHard
