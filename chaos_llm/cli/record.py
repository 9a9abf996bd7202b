"""`chaos-llm record`."""

from __future__ import annotations

import argparse
from pathlib import Path

_UPSTREAM = (
    "where requests go: an address for all, or PROVIDER=ADDRESS; repeat it for more (default: the "
    "vendors' own hosts)"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="the recording to append to",
    )
    add("--host", default="127.0.0.1", help="address to listen on; loopback only")
    add("--port", type=int, default=0, help="port to listen on; 0, the default, takes any free one")
    add("--providers", default="", metavar="A,B", help="record only these providers")
    add("--tls", action="store_true", help="also serve TLS, and act as a forward proxy")
    add("--upstream", action="append", default=[], metavar="ADDRESS", help=_UPSTREAM)
    add(
        "--keep",
        choices=("shapes", "texts"),
        default="shapes",
        help="texts: also prompts and answers, without keys (default: shapes, no texts)",
    )


def run(options: argparse.Namespace) -> int:
    """Pass requests on to the real vendors, and record how they are answered."""
    from chaos_llm.server.launch import event_loops  # noqa: PLC0415 - uvloop
    from chaos_llm.server.passthrough.recording_server import RecordSettings, serve  # noqa: PLC0415 - the server

    settings = RecordSettings(
        options.output,
        options.host,
        options.port,
        options.tls,
        [name for name in options.providers.split(",") if name],
        options.upstream,
        options.keep,
    )
    event_loops.run(serve(settings, lambda text: print(text, flush=True)))
    return 0
