"""What a command is: a module with `arguments` and `run`; its name is the file's."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """A module of this folder. The first line of `run`'s docstring is the command's help."""

    @property
    def __name__(self) -> str: ...

    def arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Say what the command takes."""

    def run(self, options: argparse.Namespace, /) -> int:
        """Do it, and return the exit status."""
