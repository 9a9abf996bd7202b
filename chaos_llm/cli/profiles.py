"""`chaos-llm profiles`."""

from __future__ import annotations

import argparse
from datetime import date

from chaos_llm.cli.terminal import width
from chaos_llm.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--tag", action="append", default=[], help="only profiles with this tag; repeat it for more"
    )
    parser.add_argument(
        "--provider", help="only profiles that simulate or document a failure of this provider"
    )
    parser.add_argument(
        "--surface", help="only profiles that hit it: api, login, page, client, billing or web"
    )
    parser.add_argument(
        "--since",
        metavar="DAY",
        type=_day,
        help="only profiles of incidents from this day on, such as 2026-03-02",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="write the list as a page of Markdown"
    )


def run(options: argparse.Namespace) -> int:
    """List the outage profiles."""
    from chaos_llm.profiles.selection import selected  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_catalogue  # noqa: PLC0415 - the same

    found = selected(
        tags=options.tag,
        provider=options.provider,
        surface=options.surface,
        since=options.since,
    )
    if not found:
        raise UsageError("no profile matches all of these filters; leave one out")
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
