"""`chaos-llm explain`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from chaos_llm.cli.terminal import width
from chaos_llm.errors import UsageError
from chaos_llm.protocol.redaction import printable

_JOURNAL = "a journal's .jsonl file, as --chaos-report writes it; - for standard input"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("journal", metavar="JOURNAL", help=_JOURNAL)
    parser.add_argument(
        "call", metavar="CALL", nargs="?", type=int, help="a call's number; default: a summary"
    )
    parser.add_argument("--json", action="store_true", help="print the same as JSON")


def run(options: argparse.Namespace) -> int:
    """Explain which faults hit each request of a journal, and why."""
    from chaos_llm.reports.journals.explanation import explain_call, plain_call  # noqa: PLC0415 - on demand
    from chaos_llm.reports.journals.file import read  # noqa: PLC0415 - on demand
    from chaos_llm.reports.journals.summary import explain_all, plain_all  # noqa: PLC0415 - on demand

    journal = read(_text(options.journal).split("\n"), options.journal)
    if options.json:
        call = options.call
        plain = plain_all(journal) if call is None else plain_call(journal, call)
        print(json.dumps(plain, indent=2))  # ASCII: whoever wrote the file may have put anything in
        return 0
    if options.call is None:
        text = explain_all(journal, width())
    else:
        text = explain_call(journal, options.call, width())
    print(printable(text))  # whoever wrote the file may have put anything in it
    return 0


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from None
