"""`chaos-llm profiles`."""

from __future__ import annotations

import argparse
from datetime import date

from chaos_llm.cli.terminal import width
from chaos_llm.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--tag", action="append", default=[], help="only those with this tag")
    parser.add_argument("--provider", help="only those that hit, or tell of, this provider")
    parser.add_argument("--surface", help="only those that hit it: api, login, page, billing, web")
    parser.add_argument("--since", metavar="DAY", type=_day, help="2026-03-02")
    parser.add_argument("--markdown", action="store_true", help="as a page of docs")


def run(options: argparse.Namespace) -> int:
    """List the bad days."""
    from chaos_llm.profiles.selection import selected  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_catalogue  # noqa: PLC0415 - the same

    found = selected(
        tags=options.tag,
        provider=options.provider,
        surface=options.surface,
        since=options.since,
    )
    if not found:
        raise UsageError(
            "no profile is all of that; leave out a filter: without any, all are listed"
        )
    if options.markdown:
        from chaos_llm.reports.profiles.catalogue_page import render  # noqa: PLC0415 - the same

        print(render(found), end="")
    else:
        print(render_catalogue(found, width=width()), end="")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"a day is written as 2026-03-02; got {text!r}"
        raise argparse.ArgumentTypeError(message) from None
