"""`chaos-llm replay`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_llm.cli.terminal import Progress, print_json
from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile
    from chaos_llm.years import Replays

_NAMES = (
    "a profile's name, a TOML file, or a pack: year-2026 is every dated incident of 2026, in order"
)
_APP = (
    "what to replay: package.module:function, or package.module:Class.method for a new object in "
    "each outage (default: the two bots of the demo)"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("names", metavar="NAME", nargs="+", help=_NAMES)
    add("--app", metavar="APP", help=_APP)
    add("--provider", help="only outages of this provider's API or logins")
    add("--calls", type=int, default=60, help="calls of the app in each outage (default: 60)")
    add("--seed", type=int, default=0, help="another seed draws other failures")
    add("--html", metavar="DIR", type=Path, help="write a page of each outage, and one of all")
    add("--json", action="store_true", help="print the figures as JSON")
    add(
        "--min-availability",
        metavar="SHARE",
        type=_share,
        help="exit with 1 if an app was available for a smaller share of the year, such as 0.999",
    )


def run(options: argparse.Namespace) -> int:
    """Replay an app in many outages, one after the other, and add up what users lost."""
    from chaos_llm.years import replay_all  # noqa: PLC0415 - reports

    profiles, apps = _profiles(options), _apps(options.app)
    replays: dict[str, Replays] = {}
    with Progress() as progress:
        for name, make in apps.items():
            replays[name] = replay_all(
                profiles, make, calls=options.calls, seed=options.seed, progress=progress.show
            )
    _show(replays, options)
    least = min(each.availability() for each in replays.values())
    return 1 if options.min_availability is not None and least < options.min_availability else 0


def _profiles(options: argparse.Namespace) -> list[Profile]:
    from chaos_llm.profiles.packs import expanded, hits  # noqa: PLC0415 - faults

    named = [profile for name in options.names for profile in expanded(name)]
    found = [each for each in named if options.provider is None or hits(each, options.provider)]
    if not found:
        raise UsageError(f"none of these outages hits the API or the logins of {options.provider}")
    return found


def _apps(named: str | None) -> Mapping[str, Callable[[], Callable[[str], Any]]]:
    """The app, or both bots of the demo, as functions that make it anew."""
    if named is not None:
        from chaos_llm.replay.named_app import App  # noqa: PLC0415 - only with the option

        app = App.named(named)
        return {app.written: app.fresh}
    try:
        from chaos_llm.demo.march_2 import BOTS  # noqa: PLC0415 - the vendors' SDKs
    except ModuleNotFoundError as error:
        advice = "name your app: --app package.module:function"
        raise UsageError(f"the demo's bots need {error.name!r}; {advice}") from None
    return {name: partial(_answer_of, make) for name, make in BOTS.items()}


def _answer_of(make: Callable[[], Any]) -> Callable[[str], Any]:
    answer: Callable[[str], Any] = make().answer
    return answer


def _show(replays: Mapping[str, Replays], options: argparse.Namespace) -> None:
    if options.json:
        print_json({name: each.json() for name, each in replays.items()})
    else:
        texts = (f"{name}\n{each}" for name, each in replays.items())
        print("\n\n".join(texts))
    if options.html is not None:
        _write_pages(replays, options)


def _write_pages(replays: Mapping[str, Replays], options: argparse.Namespace) -> None:
    what = " ".join(options.names)
    try:
        for name, each in replays.items():
            folder = options.html / name.replace(" ", "-") if len(replays) > 1 else options.html
            print(f"written: {each.write(folder, f'{name} in {what}')}", file=sys.stderr)
    except OSError as error:
        raise UsageError(f"--html {options.html}: {error}") from None


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"a share is from 0 to 1, such as 0.999; got {text!r}")
    return value
