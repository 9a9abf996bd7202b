"""`chaos-llm diff`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    for name in ("one", "other"):
        parser.add_argument(name, metavar=name.upper(), help="a profile's name or a TOML file")


def run(options: argparse.Namespace) -> int:
    """Describe the differences between two outage profiles; exit status 1 if there are any."""
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.differences import differences, render  # noqa: PLC0415 - the same

    one, other = load(options.one), load(options.other)
    print(render(one, other, width=width()), end="")
    return 1 if differences(one, other) else 0
