"""`chaos-llm demo`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_llm.cli.terminal import Progress, open_page, print_json, width
from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.reports.report import Report


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other failures")
    parser.add_argument(
        "--html",
        metavar="DIR",
        type=Path,
        help="also write an HTML report for each bot to this folder",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        help="show both reports in the browser; without --html they are in a temporary folder",
    )
    parser.add_argument("--json", action="store_true", help="print both reports as JSON")


def run(options: argparse.Namespace) -> int:
    """Replay the ten hours of 2 March 2026 against a naive and a hardened bot."""
    try:
        from chaos_llm.demo.march_2 import EVERY, PROFILE, replay_both  # noqa: PLC0415 - the vendors' SDKs
    except ModuleNotFoundError as error:
        print(
            f"chaos-llm: the demo needs {error.name!r}; pip install 'chaos_llm[demo]'",
            file=sys.stderr,
        )
        return 2
    from chaos_llm.reports.comparison import comparison_text  # noqa: PLC0415 - reports

    if not options.json:
        heading = f"Replaying {PROFILE}, one question every {EVERY}, seed {options.seed} …\n"
        print(heading, flush=True)
    with Progress() as progress:
        reports = replay_both(options.seed, progress.show)
    if options.json:
        bots = {name: json.loads(report.json()) for name, report in reports.items()}
        print_json({"profile": PROFILE, "seed": options.seed, "bots": bots})
    else:
        print(comparison_text(reports, width()))
    _pages(options, reports)
    return 0


def _pages(options: argparse.Namespace, reports: Mapping[str, Report]) -> None:
    """Write the reports as pages, and show them, where that was asked for."""
    folder = options.html
    if folder is None and options.open:
        folder = Path(tempfile.mkdtemp(prefix="chaos-llm-demo-"))
    if folder is None:
        return
    for path in _write_pages(folder, reports):
        print(path, file=sys.stderr if options.json else sys.stdout)
        if options.open:
            open_page(path)


def _write_pages(folder: Path, reports: Mapping[str, Report]) -> list[Path]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, report in reports.items():
            path = folder / f"{name}.html"
            path.write_text(report.html(f"the {name} bot"), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise UsageError(f"--html {folder}: {error}") from None
    return written
