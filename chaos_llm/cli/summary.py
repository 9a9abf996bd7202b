"""`chaos-llm summary`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_llm.errors import UsageError

if TYPE_CHECKING:
    from chaos_llm.reports.html.test_matrix import Entry

_FORMATS = ("markdown", "github", "gitlab", "sarif", "json")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder of --chaos-report")
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default="markdown",
        help="markdown: a job summary (default); github: annotations at the lines of the app's "
        "code; gitlab: code quality; sarif: for code scanning; json: the tests and what failed",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a test failed")


def run(options: argparse.Namespace) -> int:
    """Summarise a folder of --chaos-report for CI: Markdown, annotations, SARIF or JSON."""
    from chaos_llm.reports.ci.problems import BAD  # noqa: PLC0415 - pydantic

    entries = _entries(options.folder)
    print(_text(entries, options.format), end="")
    failed = any(entry.test.verdict in BAD for entry in entries)
    return 1 if options.check and failed else 0


def _entries(folder: Path) -> list[Entry]:
    from pydantic import ValidationError  # noqa: PLC0415 - slow

    from chaos_llm.reports.folder import Folder  # noqa: PLC0415 - pydantic

    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: run `pytest --chaos-report {folder}` first")
    try:
        return Folder(folder).entries()
    except (OSError, ValidationError) as error:
        raise UsageError(f"{folder} cannot be read: {error}") from None


def _text(entries: Sequence[Entry], form: str) -> str:
    from chaos_llm.reports.ci import github, gitlab, markdown, sarif  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.ci.problems import problems  # noqa: PLC0415 - pydantic

    found = problems(entry.test for entry in entries)
    if form == "markdown":
        return markdown.markdown(entries)
    if form == "github":
        return "".join(f"{github.of_problem(problem)}\n" for problem in found)
    made: Any = {"tests": [_plain(entry) for entry in entries], "problems": [*map(asdict, found)]}
    if form == "sarif":
        made = sarif.sarif(found)
    elif form == "gitlab":
        made = gitlab.code_quality(found)
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _plain(entry: Entry) -> dict[str, Any]:
    test = entry.test
    return {
        "test": test.test,
        "profile": test.profile.name if test.profile.windows else None,
        "verdict": test.verdict,
        "answered": entry.answered,
        "longest_downtime": entry.longest_downtime,
        "applied": test.applied,
        "seed": test.seed,
    }
