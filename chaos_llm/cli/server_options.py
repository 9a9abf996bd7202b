"""What `chaos-llm serve` and `chaos-llm run` have in common."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos_llm.server.launch.settings import Settings

_TOXIPROXY = "have a real Toxiproxy play what is wrong with the wire; docs/reference/server.md"
_GRPC = 'speak gRPC on this port, too, 0 for any; pip install "chaos_llm[grpc]"'
_AT = "begin here: a window's name, a time of day in UTC, or a time from the start"


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what a server takes."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="listen here; another than loopback needs a token")
    add("--port", type=int, default=0, help="listen on this port; 0, the default, is any free one")
    add("--providers", default="", metavar="A,B", help="play these only, separated by commas")
    add("--seed", type=int, default=0, help="another seed is another bad day")
    add("--clock", default="real", metavar="manual|real|scaled", help="how time passes")
    add("--speed", type=float, help="with --clock scaled: so many seconds pass in one")
    add("--at", help=_AT)
    add("--tls", action="store_true", help="speak TLS, too, and be a forward proxy")
    add("--tunnel", action="store_true", help="as a proxy, let requests to other hosts out")
    add("--toxiproxy", action="store_true", help=_TOXIPROXY)
    add("--grpc", type=int, metavar="PORT", help=_GRPC)
    add("--admin-token", default=os.environ.get("CHAOS_LLM_ADMIN_TOKEN", ""), metavar="TOKEN")
    add("--journal", type=Path, metavar="FILE", help="append every exchange to this file, as JSONL")


def settings_of(options: argparse.Namespace, profiles: list[str]) -> Settings:
    """The settings of a server; raises UsageError, UnknownName or ProfileError."""
    from chaos_llm.server.launch.settings import Settings  # noqa: PLC0415 - profiles

    return Settings(
        profiles,
        host=options.host,
        port=options.port,
        providers=[name for name in options.providers.split(",") if name],
        seed=options.seed,
        clock=options.clock,
        speed=options.speed,
        at=options.at,
        tls=options.tls,
        tunnel=options.tunnel,
        toxiproxy=options.toxiproxy,
        grpc=options.grpc,
        admin_token=options.admin_token,
        journal=options.journal,
    )
