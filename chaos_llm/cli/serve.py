"""`chaos-llm serve`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.server_options import server_arguments, settings_of
from chaos_llm.errors import UsageError

_PROFILES = "profiles to play together; default: all providers healthy"


_WORKERS = (
    "processes that answer (default: 1); each run is whole on one of them, chosen by the crc32 of "
    "its name"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("profiles", metavar="PROFILE", nargs="*", help=_PROFILES)
    server_arguments(parser)
    parser.add_argument("--workers", metavar="N", type=int, default=1, help=_WORKERS)


def run(options: argparse.Namespace) -> int:
    """Serve mock providers to any client on one port, and let them fail as the profiles say."""
    from chaos_llm.server.launch import event_loops, foreground  # noqa: PLC0415 - httptools

    settings = settings_of(options, options.profiles)
    if options.workers < 1:
        raise UsageError(f"--workers is a number from 1 on; got {options.workers}")
    if options.workers > 1:
        from chaos_llm.server.workers import parent  # noqa: PLC0415 - only with workers

        event_loops.run(parent.serve(settings, options.workers, _say))
    else:
        event_loops.run(foreground.serve(settings, _say))
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
