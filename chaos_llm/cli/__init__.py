"""The command line: `chaos-llm COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper

from chaos_llm.cli import completion as _completion
from chaos_llm.cli.command import Command
from chaos_llm.cli.commands import COMMANDS
from chaos_llm.cli.run import separator_problem as _separator_problem
from chaos_llm.errors import ChaosError

__all__ = ["COMMANDS", "Command", "build_parser", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0: it worked. 1: it ran and found a problem, such as a mistake in a profile. 2: it could not
    run, because an argument is wrong or names something that does not exist. 130: it was
    interrupted.
    """
    # A terminal whose encoding lacks a character gets its escape instead of an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    argv = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:  # set by the shell function of `chaos-llm completion`
        _completion.complete(parser)
    if not argv:
        parser.print_help(sys.stderr)
        return 2
    options, unknown = parser.parse_known_args(argv)
    if problem := _separator_problem(options, argv):
        parser.error(problem)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    command: Command = options.command
    try:
        status = command.run(options)
        sys.stdout.flush()
    except ChaosError as error:
        print(f"chaos-llm: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # as shells report a process that SIGINT ended: 128 + 2
    except BrokenPipeError:  # `chaos-llm show NAME | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of `chaos-llm` with all its commands; the docs' CLI reference is made from it."""
    parser = argparse.ArgumentParser(
        prog="chaos-llm", description="Replay recorded LLM provider outages against your code."
    )
    ours = f"chaos-llm {version('chaos_llm')}"
    parser.add_argument("--version", action="version", version=ours)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2].strip("_").replace("_", "-")
        text = (command.run.__doc__ or "").splitlines()[0]
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(command=command)
        command.arguments(one)
    return parser
