"""`chaos-llm lint`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from chaos_llm.cli.terminal import print_json
from chaos_llm.errors import UsageError

_LOCATED = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<message>.*)", re.DOTALL)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "names",
        metavar="FILE",
        nargs="*",
        help="TOML files, folders of them, or profiles' names; default: all known profiles",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the problems as JSON")
    form.add_argument(
        "--github", action="store_true", help="print the problems as annotations of GitHub Actions"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="also refuse numbers for which no evidence is named, not even 'assumed'",
    )


def run(options: argparse.Namespace) -> int:
    """List the mistakes in profiles, with file and line; exit status 1 if there are any."""
    from chaos_llm.profiles import catalogue, lint  # noqa: PLC0415 - pydantic

    names = options.names or catalogue.names()
    paths = [path for name in names for path in _files(name)]
    problems = [problem for path in paths for problem in lint.problems(path, strict=options.strict)]
    if options.json:
        print_json({"profiles": len(paths), "problems": [_located(each) for each in problems]})
        return 1 if problems else 0
    for problem in problems:
        print(_annotation(problem) if options.github else problem)
    count = f"{len(paths)} profile{'' if len(paths) == 1 else 's'}"
    found = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    print(f"{count}, {found if problems else 'no problem'}")
    return 1 if problems else 0


def _located(problem: str) -> dict[str, Any]:
    """File, line and message of a problem; a file that cannot be read has no line."""
    found = _LOCATED.fullmatch(problem)
    if found is None:
        return {"file": None, "line": None, "message": problem}
    return {"file": found["file"], "line": int(found["line"]), "message": found["message"]}


def _annotation(problem: str) -> str:
    from chaos_llm.reports.ci.github import annotation  # noqa: PLC0415 - only with the option

    return annotation("error", "chaos-llm lint", **_located(problem))


def _files(name: str) -> list[Path]:
    from chaos_llm.profiles import catalogue, loading  # noqa: PLC0415 - pydantic

    if not Path(name).is_dir():
        return [loading.path_of(name)]
    found = catalogue.within(Path(name))
    if not found:
        raise UsageError(f"{name} holds no profile: give a folder with .toml files")
    return found
