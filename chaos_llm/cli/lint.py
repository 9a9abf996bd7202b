"""`chaos-llm lint`."""

from __future__ import annotations

import argparse
from pathlib import Path

from chaos_llm.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "names",
        metavar="FILE",
        nargs="*",
        help="TOML files, folders of them, or profiles' names; default: all known profiles",
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
    for problem in problems:
        print(problem)
    count = f"{len(paths)} profile{'' if len(paths) == 1 else 's'}"
    found = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    print(f"{count}, {found if problems else 'no problem'}")
    return 1 if problems else 0


def _files(name: str) -> list[Path]:
    from chaos_llm.profiles import catalogue, loading  # noqa: PLC0415 - the same

    if not Path(name).is_dir():
        return [loading.path_of(name)]
    found = catalogue.within(Path(name))
    if not found:
        raise UsageError(f"{name} holds no profile: give a folder with .toml files")
    return found
