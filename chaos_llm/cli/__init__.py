"""The command-line door: `chaos-llm COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from chaos_llm.cli.command import Command
from chaos_llm.cli.commands import COMMANDS
from chaos_llm.cli.run import separator_problem
from chaos_llm.errors import ChaosError

__all__ = ["COMMANDS", "Command", "build_parser", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 when it was asked for something that is not there.

    A command that judges what it is given, such as a profile's file, ends with 1 where it found
    something wrong.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser()
    options, unknown = parser.parse_known_args(given)
    if problem := separator_problem(options, given):
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
        return 130
    except BrokenPipeError:  # `chaos-llm show NAME | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of `chaos-llm` with all its commands; the docs are made of it, too."""
    parser = argparse.ArgumentParser(
        prog="chaos-llm", description="Replay recorded LLM provider outages against your code."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2].replace("_", "-")
        text = (command.run.__doc__ or "").splitlines()[0]
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(command=command)
        command.arguments(one)
    return parser
