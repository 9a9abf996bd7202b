"""`chaos-llm profiles`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from chaos_llm.cli.terminal import print_json, width
from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "words",
        metavar="WORD",
        nargs="*",
        help="only profiles with these words in their name, title, tags, providers or windows",
    )
    add(
        "--tag", action="append", default=[], help="only profiles with this tag; repeat it for more"
    )
    add("--provider", help="only profiles that simulate or document a failure of this provider")
    add("--surface", help="only profiles that hit it: api, login, page, client, billing or web")
    add(
        "--since",
        metavar="DAY",
        type=_day,
        help="only profiles of incidents from this day on, such as 2026-03-02",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--long", action="store_true", help="a paragraph each, with tags")
    form.add_argument("--json", action="store_true", help="print the list as JSON")
    form.add_argument(
        "--markdown", action="store_true", help="write the list as a page of Markdown"
    )


def run(options: argparse.Namespace) -> int:
    """List the outage profiles, one a line; find them by words, tag, provider, surface or day."""
    from chaos_llm.profiles.selection import selected  # noqa: PLC0415 - pydantic

    found = selected(
        words=options.words,
        tags=options.tag,
        provider=options.provider,
        surface=options.surface,
        since=options.since,
    )
    if not found:
        raise UsageError("no profile matches all of these filters; leave one out")
    _print(found, options)
    return 0


def _print(found: Sequence[Profile], options: argparse.Namespace) -> None:
    from chaos_llm.reports.profiles import (  # noqa: PLC0415 - pydantic
        catalogue_page,
        catalogue_table,
        catalogue_text,
    )

    if options.json:
        print_json(catalogue_table.listed(found))
    elif options.markdown:
        print(catalogue_page.render(found), end="")
    elif options.long:
        print(catalogue_text.render_catalogue(found, width=width()), end="")
    else:
        print(catalogue_table.table(found, width()), end="")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"a day is written as 2026-03-02; got {text!r}"
        raise argparse.ArgumentTypeError(message) from None
