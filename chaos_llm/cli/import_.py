"""`chaos-llm import`."""

from __future__ import annotations

import argparse
from pathlib import Path

from chaos_llm.cli.terminal import Progress
from chaos_llm.errors import UsageError

_COLUMNS = (
    "for any CSV or JSON lines: which column is what, as in "
    "at=when,status=code,provider=vendor,milliseconds=latency_ms,client=user"
)
_PROVIDER = "the provider to assume for calls that name none, as behind a gateway"
_ONCE = (
    "count calls that begin and end when one in another FILE does once, as the first FILE has them"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("files", metavar="FILE", nargs="+", type=Path, help="recordings, logs and status pages")
    add("-o", "--output", metavar="TOML", type=Path, required=True, help="the profile to write")
    add("--format", default="", metavar="NAME", help="read all files as this format")
    add("--columns", default="", metavar="A=B,...", help=_COLUMNS)
    add("--provider", default="", metavar="NAME", help=_PROVIDER)
    add("--once", action="store_true", help=_ONCE)
    add("--force", action="store_true", help="replace a profile that exists")


def run(options: argparse.Namespace) -> int:
    """Make an outage profile of recordings: HAR, cassettes, traces, gateway and access logs."""
    from chaos_llm.importing import import_files  # noqa: PLC0415 - readers, pydantic
    from chaos_llm.importing.readers.columns import parsed  # noqa: PLC0415 - readers, pydantic

    path: Path = options.output
    if path.suffix != ".toml":
        raise UsageError(f"-o {path}: the name of a profile's file ends in .toml")
    if path.exists() and not options.force:
        raise UsageError(f"{path} exists; --force replaces it")
    with Progress() as progress:
        imported = import_files.import_files(
            options.files,
            name=import_files.name_of(path),
            format_name=options.format,
            columns=parsed(options.columns),
            provider=options.provider,
            once=options.once,
            progress=progress.show,
        )
    for message in imported.draft.said:
        print(message)
    count = len(imported.draft.profile.windows)
    print(f"\n{count} window{'' if count == 1 else 's'}:")
    for window in imported.draft.profile.windows:
        print(f"  {window.name}")
    written = imported.write(path)
    print(f"\nwritten: {', '.join(map(str, written))}")
    print(f"look at it with `chaos-llm show {path}`, judge the fit with `chaos-llm lint {path}`")
    return 0
