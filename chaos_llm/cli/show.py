"""`chaos-llm show`."""

from __future__ import annotations

import argparse
import json
import tomllib

from chaos_llm.cli.terminal import colours, print_json, width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="a profile's name or a TOML file")
    parser.add_argument(
        "--json", action="store_true", help="print it as JSON, as `chaos-llm schema profile` says"
    )


def run(options: argparse.Namespace) -> int:
    """Show one outage profile: its timeline, evidence and sources."""
    from chaos_llm.profiles import load, to_toml  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_profile  # noqa: PLC0415 - the same

    profile = load(options.name)
    if options.json:
        tables = tomllib.loads(to_toml(profile))
        print_json(json.loads(json.dumps(tables, default=lambda moment: moment.isoformat())))
    else:
        print(render_profile(profile, width=width(), colour=colours()))
    return 0
