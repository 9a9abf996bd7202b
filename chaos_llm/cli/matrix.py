"""`chaos-llm matrix`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.terminal import Progress, width

_MARKDOWN = "as a page in Markdown; with a FILE, together with what it has of other versions"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--sdk", metavar="NAME", action="append", default=[], help="only this one")
    parser.add_argument("--markdown", metavar="FILE", nargs="?", const="", help=_MARKDOWN)


def run(options: argparse.Namespace) -> int:
    """Play every fault to the vendors' SDKs that are installed, and tell what each made of it."""
    from chaos_llm.sdk_matrix.matrix_text import told  # noqa: PLC0415 - the vendors' SDKs

    with Progress() as progress:
        text = told(options.sdk, progress.show, markdown=options.markdown, width=width())
    print(text, end="")
    return 0
