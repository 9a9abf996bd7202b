"""`chaos-llm serve`."""

from __future__ import annotations

import argparse

from chaos_llm.cli.server_options import server_arguments, settings_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("profiles", metavar="PROFILE", nargs="*", help="played at once; none: well")
    server_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Serve bad days to any client: a mock of every provider on one port."""
    from chaos_llm.server.launch import event_loops, foreground  # noqa: PLC0415 - httptools

    settings = settings_of(options, options.profiles)
    event_loops.run(foreground.serve(settings, lambda text: print(text, flush=True)))
    return 0
