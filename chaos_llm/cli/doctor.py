"""`chaos-llm doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path

from chaos_llm.cli.terminal import print_json, width


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--json", action="store_true", help="print it as JSON, for bug reports; without secrets"
    )


def run(options: argparse.Namespace) -> int:
    """Say what is installed here and what an outage answers; exit status 1 if it cannot work."""
    from chaos_llm.project.diagnosis import diagnose  # noqa: PLC0415 - all providers
    from chaos_llm.project.diagnosis_text import text  # noqa: PLC0415 - all providers

    found = diagnose(Path.cwd())
    if options.json:
        print_json(found.json())
    else:
        print(text(found, width()), end="")
    return 1 if found.problems else 0
