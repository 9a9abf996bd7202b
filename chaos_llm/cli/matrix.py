"""`chaos-llm matrix`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import Progress, print_json, width

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
    form.add_argument("--markdown", metavar="FILE", nargs="?", const="", help=_MARKDOWN)


def run(options: argparse.Namespace) -> int:
    """Send every fault to the installed vendors' SDKs, and show what each raises or returns."""
    from chaos_llm.sdk_matrix.matrix_text import matrix_json, matrix_text  # noqa: PLC0415 - the vendors' SDKs

    if options.json:
        with Progress() as progress:
            outcomes = matrix_json(options.sdk, progress.show)
        print_json(outcomes)
        return 0
    with Progress() as progress:
        text = matrix_text(options.sdk, progress.show, markdown=options.markdown, width=width())
    print(text, end="")
    return 0
