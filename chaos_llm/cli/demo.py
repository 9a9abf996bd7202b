"""`chaos-llm demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_llm.cli.terminal import Progress, width
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
    from chaos_llm.reports.comparison import comparison_text  # noqa: PLC0415 - the same

    print(f"Replaying {PROFILE}, one question every {EVERY}, seed {options.seed} …\n", flush=True)
    with Progress() as progress:
        reports = replay_both(options.seed, progress.show)
    print(comparison_text(reports, width()))
    if options.html is not None:
        _write_pages(options.html, reports)
    return 0


def _write_pages(folder: Path, reports: Mapping[str, Report]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, report in reports.items():
            path = folder / f"{name}.html"
            path.write_text(report.html(f"the {name} bot"), encoding="utf-8")
            print(path)
    except OSError as error:
        raise UsageError(f"--html {folder}: {error}") from None
