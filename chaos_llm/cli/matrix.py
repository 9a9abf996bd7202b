"""`chaos-llm matrix`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from chaos_llm.cli.terminal import Progress, print_json, width
from chaos_llm.errors import UsageError

_COMPARE = (
    "show what changed since FILE, which --json wrote, perhaps with other releases of the SDKs, or "
    "since a folder of files PACKAGE-MAJOR.json; ends with 1 if anything did"
)
_MARKDOWN = "print Markdown; with FILE, together with the results of other versions that FILE has"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--sdk",
        metavar="NAME",
        action="append",
        default=[],
        help="test only this SDK; repeat it for more",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    parser.add_argument("--compare", metavar="FILE", type=Path, help=_COMPARE)
    form.add_argument("--markdown", metavar="FILE", nargs="?", const="", help=_MARKDOWN)


def run(options: argparse.Namespace) -> int:
    """Send every fault to the installed vendors' SDKs, and show what each raises or returns."""
    from chaos_llm.sdk_matrix.matrix_text import matrix_json, matrix_text  # noqa: PLC0415 - the vendors' SDKs

    logging.getLogger().addHandler(logging.NullHandler())  # an SDK's log is no part of the table
    if options.compare is not None:
        return _compare(options)
    if options.json:
        with Progress() as progress:
            outcomes = matrix_json(options.sdk, progress.show)
        print_json(outcomes)
        return 0
    with Progress() as progress:
        text = matrix_text(options.sdk, progress.show, markdown=options.markdown, width=width())
    print(text, end="")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from chaos_llm.sdk_matrix.comparison import as_values, compare, recorded_in  # noqa: PLC0415 - on demand
    from chaos_llm.sdk_matrix.matrix_text import matrix_json  # noqa: PLC0415 - the vendors' SDKs

    if options.markdown is not None:
        raise UsageError("--compare prints text or, with --json, JSON; not Markdown")
    recorded = recorded_in(options.compare)
    with Progress() as progress:
        outcomes = matrix_json(options.sdk, progress.show)
    comparisons = compare(outcomes, recorded)
    if options.json:
        print_json(as_values(comparisons))
    else:
        print("".join(each.text(width()) for each in comparisons), end="")
    return 1 if any(each.changes for each in comparisons) else 0
