"""`chaos-llm campaign`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chaos_llm.cli.terminal import print_json
from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.campaign.case import Row
    from chaos_llm.campaign.table import Table

_APP = (
    "package.module:Class or :factory, :Class.method or :function; or `show FOLDER PROFILE SEED`, "
    "`compare BASE NEW` or `plan PILOT`, with the folders of campaigns"
)
_LATER = 10  # runs between two lines of progress where there is no terminal


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("app", metavar="APP", help=_APP)
    add("folders", metavar="FOLDER", nargs="*", type=Path, help=argparse.SUPPRESS)
    add("--profiles", metavar="NAMES", default="", help="names, patterns and tag:TAG, by commas")
    add("--drawn", metavar="N", type=int, default=0, help="also so many outages drawn at random")
    add("--seeds", metavar="N", type=int, default=20, help="seeds of each profile (default: 20)")
    add("--first-seed", metavar="N", type=int, default=0, help="the first seed (default: 0)")
    add("--out", metavar="DIR", type=Path, default=Path("campaign"), help="results go there")
    add("--resume", action="store_true", help="go on with the campaign that is in --out")
    add("--workers", metavar="N", type=int, help="processes here (default: one for each core)")
    add("--dask", metavar="ADDRESS", help="the scheduler of a Dask cluster that plays the runs")
    add("--until", metavar="WIDTH", help="end a profile's seeds at an interval so narrow: 5%%")
    add("--budget", metavar="TIME", help="end after so long, the most informative runs first")
    add("--limit", metavar="TIME", default="10m", help="real time for one run (default: 10m)")
    add("--json", action="store_true", help="print the results, compare's and plan's too, as JSON")
    add("--margin", metavar="WIDTH", default="1%", help="compare, plan: what may get worse")
    add("--fail-on", choices=("regression", "inconclusive", "never"), default="regression")
    for name in ("every", "warmup", "recovery", "deadline", "stale-after", "skip-quiet"):
        add(f"--{name}", metavar="TIME", help=f"replay({name.replace('-', '_')}=)")
    add("--calls", metavar="N", type=int, help="replay(calls=)")
    add("--users", metavar="N", type=int, help="replay(users=)")


def run(options: argparse.Namespace) -> int:
    """Play an app against many profiles and seeds, and say how often it loses what."""
    if options.app == "show":
        return _show(options)
    if options.app == "compare":
        return _compare(options)
    if options.app == "plan":
        return _plan(options)
    if options.folders:
        raise UsageError(f"unexpected {options.folders[0]}; results go to --out")
    return _play(options)


def _play(options: argparse.Namespace) -> int:
    from chaos_llm.campaign.campaign import Campaign, chosen, drawn  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.files import PAGES, write  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.intervals import stats  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.text import text  # noqa: PLC0415 - on demand
    from chaos_llm.durations import seconds  # noqa: PLC0415 - on demand

    stats()  # without scipy it is of no use to begin
    names = [name for name in options.profiles.split(",") if name]
    profiles = chosen(names) if names or not options.drawn else {}
    campaign = Campaign(
        options.app,
        profiles | (drawn(options.drawn) if options.drawn else {}),
        options.seeds,
        options.first_seed,
        _replay_options(options),
        None if options.until is None else share(options.until),
        None if options.budget is None else seconds(options.budget),
        seconds(options.limit),
    )
    with _Progress() as progress:
        try:
            table = campaign.run(
                options.out,
                resume=options.resume,
                workers=options.workers,
                dask=options.dask,
                on_row=progress.show,
            )
        except KeyboardInterrupt:
            table = _interrupted(options.out)
    campaign.write_pages(table, options.out / PAGES)
    write(table, options.out)
    if options.json:
        print((options.out / "campaign.json").read_text(encoding="utf-8"), end="")
    else:
        print(text(table, str(options.out)), end="")
        print(f"written: {options.out / 'campaign.html'}, .json, .md and .xml")
    return int(bool(table.in_all.not_judged))


def _interrupted(folder: Path) -> Table:
    from chaos_llm.campaign.campaign import result, unfinished  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.store import Store  # noqa: PLC0415 - on demand

    with Store.existing(folder) as store:
        left = unfinished(store)
        print(f"\ninterrupted; {left} runs are left, --resume goes on", file=sys.stderr)
        return result(store)


def _show(options: argparse.Namespace) -> int:
    """Play one run of a campaign again here, and show its timeline and failing findings."""
    from chaos_llm.campaign.case import Case  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.store import Store  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.worker import replay  # noqa: PLC0415 - on demand
    from chaos_llm.cli.terminal import width  # noqa: PLC0415 - on demand

    if len(options.folders) != 3 or not options.folders[2].name.isdigit():
        raise UsageError("show needs three words: chaos-llm campaign show FOLDER PROFILE SEED")
    folder, profile, seed = options.folders
    with Store.existing(folder) as store:
        task = store.task(Case(profile.name, int(seed.name)))
    outage, report = replay(task)
    print(outage.timeline(width()))
    try:
        report.check(allow_no_faults=True)
    except AssertionError as error:
        print(f"\n{error}")
        return 1
    return 0


def _compare(options: argparse.Namespace) -> int:
    from chaos_llm.campaign.comparison import compare  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.store import Store  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.text import comparison_text  # noqa: PLC0415 - on demand

    if len(options.folders) != 2:
        raise UsageError("compare needs two folders: chaos-llm campaign compare BASE NEW")
    with Store.existing(options.folders[0]) as base, Store.existing(options.folders[1]) as new:
        base.refuse_other_conditions(new)
        comparison = compare(list(base), list(new), share(options.margin))
    if options.json:
        print_json({"verdict": comparison.verdict, **asdict(comparison)})
    else:
        print(comparison_text(comparison), end="")
    failing = {"regression": ("REGRESSION",), "never": ()}
    return int(comparison.verdict in failing.get(options.fail_on, ("REGRESSION", "INCONCLUSIVE")))


def _plan(options: argparse.Namespace) -> int:
    from chaos_llm.campaign.planning import plan  # noqa: PLC0415 - on demand
    from chaos_llm.campaign.store import Store  # noqa: PLC0415 - on demand

    if len(options.folders) != 1:
        raise UsageError("plan needs one folder: chaos-llm campaign plan PILOT")
    with Store.existing(options.folders[0]) as pilot:
        sample = plan(list(pilot), share(options.margin))
    if options.json:
        print_json({"seeds": sample.seeds, **asdict(sample)})
        return 0
    print(
        f"{sample.seeds} seeds of each of {sample.profiles} profiles ({sample.pairs} pairs of "
        f"runs) show whether the share of answered calls got worse by more than "
        f"{sample.margin * 100:g} points; one run's share varies by {sample.spread * 100:.2f}"
    )
    if not sample.spread:
        print("The pilot's runs agree and show no spread: this is the least; play a larger pilot.")
    return 0


def share(written: str) -> float:
    """A share from "5%", "5 %" or "0.05"; raises UsageError."""
    number, percent, _ = written.partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        raise UsageError(f"{written!r} is not a share; write 5% or 0.05") from None
    if not 0 <= value <= 1:
        raise UsageError(f"{written!r} is not between 0 and 100 %")
    return value


def _replay_options(options: argparse.Namespace) -> dict[str, object]:
    names = ("every", "warmup", "recovery", "deadline", "stale_after", "skip_quiet")
    values = {name: getattr(options, name) for name in (*names, "calls", "users")}
    return {name: value for name, value in values.items() if value is not None}


class _Progress:
    """Progress with what is known so far: a bar on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        from chaos_llm.cli.terminal import Progress  # noqa: PLC0415 - on demand

        self._bar, self._bad, self._on_terminal = Progress(), 0, sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)

    def show(self, row: Row, done: int, of: int) -> None:
        """A run has ended."""
        self._bad += row.is_bad
        self._bar.show(f"{self._bad} bad", done / max(1, of))
        if not self._on_terminal and (done % _LATER == 0 or done == of):
            print(f"{done} of {of} runs, {self._bad} bad", file=sys.stderr, flush=True)
