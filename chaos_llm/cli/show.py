"""`chaos-llm show`."""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_llm.cli.terminal import colours, open_page, print_json, width
from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="a profile's name or a TOML file")
    parser.add_argument(
        "--html",
        metavar="FILE",
        nargs="?",
        type=Path,
        const=Path(),
        help="write a page of it, beside the recording that it was made of, to this file "
        "(default: NAME.html here)",
    )
    parser.add_argument(
        "--open", action="store_true", help="show that page in the browser; it implies --html"
    )
    parser.add_argument(
        "--json", action="store_true", help="print it as JSON, as `chaos-llm schema profile` says"
    )


def run(options: argparse.Namespace) -> int:
    """Show one outage profile: its timeline, evidence, sources, and its fit to a recording."""
    from chaos_llm.profiles import load, loading, observations  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.html import shown_profile  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles import fit_text  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.profiles.catalogue_text import render_profile  # noqa: PLC0415 - pydantic

    profile = load(options.name)
    if options.json:
        print_json(_tables(profile))
        return 0
    recorded = observations.read(profile, loading.path_of(options.name))
    if options.html is not None or options.open:
        page = shown_profile.page_of(profile, recorded)
        _write_page(page, _page_file(options.html, profile), is_opened=options.open)
        return 0
    print(render_profile(profile, width=width(), colour=colours()))
    if recorded is not None:
        print(fit_text.render(profile, recorded, width()))
    return 0


def _page_file(given: Path | None, profile: Profile) -> Path:
    """The file that was named, or NAME.html."""
    return Path(f"{profile.name}.html") if given in (None, Path()) else given


def _write_page(page: str, path: Path, *, is_opened: bool) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html {path}: {error}") from None
    print(f"written: {path}")
    if is_opened:
        open_page(path)


def _tables(profile: Profile) -> Any:
    """The tables of a profile's file, with dates as texts."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - pydantic

    tables = tomllib.loads(to_toml(profile))
    return json.loads(json.dumps(tables, default=lambda moment: moment.isoformat()))
