"""`chaos-llm diff`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import print_json, width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    for name in ("one", "other"):
        parser.add_argument(name, metavar=name.upper(), help="a profile's name or a TOML file")
    parser.add_argument("--json", action="store_true", help="print the differences as JSON")


def run(options: argparse.Namespace) -> int:
    """Describe the differences between two outage profiles; exit status 1 if there are any."""
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.differences import differences, render  # noqa: PLC0415 - pydantic

    one, other = load(options.one), load(options.other)
    found = differences(one, other)
    if options.json:
        print_json({"one": one.name, "other": other.name, "differences": found})
    else:
        print(render(one, other, width=width()), end="")
    return 1 if found else 0
