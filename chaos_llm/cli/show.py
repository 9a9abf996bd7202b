"""`chaos-llm show`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="a profile's name or a TOML file")


def run(options: argparse.Namespace) -> int:
    """Show one outage profile: its timeline, evidence and sources."""
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_profile  # noqa: PLC0415 - the same

    print(render_profile(load(options.name), width=width()))
    return 0
