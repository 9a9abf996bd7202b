"""Bounds the work that one schema may cause, because other requests wait for it."""

from __future__ import annotations

from typing import Any


class TooHard(Exception):
    """A schema needs more work than one request may cause."""


class Budget:
    """The steps that are left, each of one or two microseconds; `spend` raises TooHard below zero.

    `patterns` caches the parsed regular expressions of the schema, by their text.
    """

    __slots__ = ("left", "patterns")

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.patterns: dict[str, Any] = {}

    def spend(self, steps: int = 1) -> None:
        """Take the steps of some work, before it is done."""
        self.left -= steps
        if self.left < 0:
            raise TooHard
