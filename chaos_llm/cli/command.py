"""The interface of a command: a module with `arguments` and `run`, named as the command."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """A module of this folder. The first line of `run`'s docstring is the command's help."""

    @property
    def __name__(self) -> str: ...

    def arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Declare the command's arguments."""

    def run(self, options: argparse.Namespace, /) -> int:
        """Run the command and return its exit status."""
