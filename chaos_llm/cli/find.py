"""`chaos-llm find`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_llm.cli.terminal import Progress, print_json, width

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile
    from chaos_llm.property_testing.search import Claim, Search

_PROPERTY = (
    "what must hold: a check, as in 'retries_stay_under(3)', or a number of the report and its "
    "limit, as in 'longest_downtime <= 120'; repeat it for more claims (default: 'failed == 0')"
)


_NOT_AGAIN = (
    "it broke the app once and does not again: the app keeps state from one outage to the next. "
    "Name a method of a class, package.module:Class.method: each outage then gets a new object."
)
_PROVIDER = "a provider that may fail; repeat it for more (default: anthropic, openai)"
_SURFACE = "endpoints that may fail: api, login, page or client; repeat it for more (default: api)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("app", metavar="APP", help="package.module:function, or package.module:Class.method")
    add("--property", metavar="CLAIM", action="append", default=[], help=_PROPERTY)
    add("--budget", metavar="TIME", default="60s", help="how long to search (default: 60s)")
    add("--seed", type=int, default=0, help="another seed tries other outages")
    add("--provider", metavar="NAME", action="append", default=[], help=_PROVIDER)
    add("--surface", metavar="NAME", action="append", default=[], help=_SURFACE)
    add("--longest", metavar="TIME", default="12h", help="the longest outage (default: 12h)")
    add("--correlated", action="store_true", help="several providers may fail at once")
    add("--json", action="store_true", help="print what was found as JSON")
    add("--calls", type=int, default=40, help="calls of the app in each outage (default: 40)")
    add(
        "--into",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="write the files to this folder (default: here)",
    )


def run(options: argparse.Namespace) -> int:
    """Search for the shortest outage that breaks an app, and write a test that replays it."""
    from chaos_llm.durations import seconds  # noqa: PLC0415 - after the command is known
    from chaos_llm.property_testing.search import App, Claim, Search, require_free  # noqa: PLC0415 - Hypothesis
    from chaos_llm.property_testing.strategies import outages  # noqa: PLC0415 - Hypothesis

    claims = [Claim.written(text) for text in options.property or ["failed == 0"]]
    providers = options.provider or ("anthropic", "openai")
    drawn = outages(
        providers=providers,
        surfaces=options.surface or ("api",),
        longest=options.longest,
        correlated=options.correlated,
    )
    app = App.named(options.app)
    require_free(options.into, app)
    with Progress() as progress:
        search = Search(
            app,
            claims,
            drawn,
            seconds(options.budget),
            options.seed,
            options.calls,
            progress.show,
        )
        search.require_health(providers)
        found = search.shortest()
    if found is None:
        if options.json:
            print_json({"app": options.app, "tried": search.tried, "found": None})
        else:
            print(
                f"none of {search.tried} outages broke {options.app}; another --seed tries others"
            )
        return 0
    return _describe(search, found, options)


def _describe(search: Search, found: Profile, options: argparse.Namespace) -> int:
    """Print the outage that was found, and write its profile and test."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - pydantic
    from chaos_llm.property_testing.search import write  # noqa: PLC0415 - Hypothesis

    outage, report = search.replay(found)
    broken = search.broken(report)
    if options.json:
        files = write(options.into, found, search.app, broken, search.calls) if broken else ()
        print_json(_plain(search, found, broken, files))
        return 1
    print(f"{search.tried} outages tried; the shortest that breaks {options.app}: {found.title}\n")
    if not broken:
        print(_NOT_AGAIN)
        return 1
    print(outage.timeline(width()))
    print("\nclaims that do not hold: " + "; ".join(claim.code for claim in broken))
    profile, test = write(options.into, found, search.app, broken, search.calls)
    print(f"\n{to_toml(found)}\nwritten: {profile} and {test}; run the test with `pytest {test}`")
    return 1


def _plain(
    search: Search, found: Profile, broken: Sequence[Claim], files: Sequence[Path]
) -> dict[str, Any]:
    """What was found as plain values; without claims if it broke the app only once."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - pydantic

    return {
        "app": search.app.written,
        "tried": search.tried,
        "found": {"title": found.title, "toml": to_toml(found)},
        "claims_that_do_not_hold": [claim.code for claim in broken],
        "written": [str(path) for path in files],
    }
