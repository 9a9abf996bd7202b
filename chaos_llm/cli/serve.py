"""`chaos-llm serve`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.server_options import server_arguments, settings_of

_PROFILES = "profiles to play together; default: all providers healthy"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("profiles", metavar="PROFILE", nargs="*", help=_PROFILES)
    server_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Serve mock providers to any client on one port, and let them fail as the profiles say."""
    from chaos_llm.server.launch import event_loops, foreground  # noqa: PLC0415 - httptools

    settings = settings_of(options, options.profiles)
    event_loops.run(foreground.serve(settings, lambda text: print(text, flush=True)))
    return 0
