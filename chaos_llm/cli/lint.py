"""`chaos-llm check`."""

from __future__ import annotations

import argparse
from pathlib import Path

from chaos_llm.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "names",
        metavar="FILE",
        nargs="*",
        help="TOML files, folders of them, or names; without any, all profiles there are",
    )


def run(options: argparse.Namespace) -> int:
    """Find what is wrong with profiles, with file and line; 1 where something is."""
    from chaos_llm.profiles import catalogue, lint  # noqa: PLC0415 - pydantic

    names = options.names or catalogue.names()
    paths = [path for name in names for path in _files(name)]
    problems = [problem for path in paths for problem in lint.problems(path)]
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
        raise UsageError(f"there is no profile in {name}: give a folder with .toml files in it")
    return found
