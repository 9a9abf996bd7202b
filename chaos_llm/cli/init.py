"""`chaos-llm init`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.project.scaffold import Plan

_NEXT = (
    ("pytest tests/test_outages.py", "what users see when {provider} fails"),
    ("chaos-llm profiles --provider {provider}", "recorded outages of it"),
    ("chaos-llm doctor", "what is installed, and what is answered"),
)
_READ_ON = "Read on, in the documentation of chaos_llm: the tutorial, and the guide to CI."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, default=Path(), help="default: here"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the files, and write none")
    parser.add_argument("--yes", action="store_true", help="write without asking")


def run(options: argparse.Namespace) -> int:
    """Write a first test that runs, settings, a profile and a CI step; overwrites nothing."""
    from chaos_llm.project.scaffold import plan, write  # noqa: PLC0415 - only this command

    if not options.folder.is_dir():
        raise UsageError(f"{options.folder} is no folder")
    made = plan(options.folder)
    _show(made)
    if not made.files:
        print("Nothing to write: all files are there.")
        return 0
    if options.dry_run:
        print("Nothing was written (--dry-run).")
        return 0
    if not options.yes and not _is_wanted(len(made.files)):
        print("Nothing was written.")
        return 1
    write(options.folder, made.files)
    for each in made.files:
        print(f"{'added to' if each.is_added else 'written'}: {each.path}")
    for hint in made.hints:
        print(f"to do: {hint}")
    print("\nNext:")
    for command, why in _NEXT:
        print(
            f"  {command.format(provider=made.provider):<46} # {why.format(provider=made.provider)}"
        )
    print(_READ_ON)
    return 0


def _show(made: Plan) -> None:
    entry = made.entry
    if entry is not None:
        parts = (entry.name, entry.method.upper() if entry.path else entry.method, entry.path)
        name = " ".join(filter(None, parts))
        print(f"The first test calls {entry.module}: {entry.kind} {name}".rstrip())
    print(f"The provider that fails is {made.provider}.\n")
    for path in made.kept:
        print(f"is there, and stays as it is: {path}")
    for each in made.files:
        print(f"--- {each.path}{', added at its end' if each.is_added else ''}")
        print(textwrap.indent(each.text.strip("\n"), "  ") + "\n")


def _is_wanted(count: int) -> bool:
    """Ask on a terminal; without one the command itself is the answer."""
    if not sys.stdin.isatty():
        return True
    try:
        return input(f"Write these {count} files? [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False
