"""`chaos-llm show`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("name", metavar="NAME", help="a profile's name, or a TOML file's path")


def run(options: argparse.Namespace) -> int:
    """Draw one bad day with its evidence and sources."""
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_profile  # noqa: PLC0415 - the same

    print(render_profile(load(options.name), width=width()))
    return 0
