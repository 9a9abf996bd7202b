"""The options that `chaos-llm serve` and `chaos-llm run` share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_llm.errors import UnknownName

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile
    from chaos_llm.server.launch.settings import Settings

_TOXIPROXY = "let a real Toxiproxy simulate network faults; see docs/reference/server.md"
_GRPC = 'also serve gRPC on this port, 0 for any free one; pip install "chaos_llm[grpc]"'
_WEBHOOKS = "post OpenAI's webhooks of batches here, signed with OPENAI_WEBHOOK_SECRET"
_LENIENT = "answer requests that the real APIs refuse, too, as far as they can be read"
_ADMIN_HELP = "required in requests to the admin API (default: CHAOS_LLM_ADMIN_TOKEN)"
_UPSTREAM = (
    "send requests that no fault hits to the real vendors, or to an address (for one provider: "
    "PROVIDER=ADDRESS; repeat it for more)"
)
_AT = "where to begin: a window's name, a time of day in UTC, or a time after the start"


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of a server."""
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; any but loopback needs --admin-token",
    )
    add("--port", type=int, default=0, help="port to listen on; 0, the default, takes any free one")
    add(
        "--providers",
        default="",
        metavar="A,B",
        help="mock only these providers, separated by commas",
    )
    add(
        "--provider",
        default="",
        metavar="A[,B]",
        help="apply the profiles to these providers instead of those they were written for",
    )
    add("--seed", type=int, default=0, help="another seed draws other failures")
    _clock_arguments(parser)
    _wire_arguments(parser)
    add(
        "--admin-token",
        default=os.environ.get("CHAOS_LLM_ADMIN_TOKEN", ""),
        metavar="TOKEN",
        help=_ADMIN_HELP,
    )
    add("--journal", type=Path, metavar="FILE", help="append every exchange to this file, as JSONL")


def _wire_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--tls", action="store_true", help="also serve TLS, and act as a forward proxy")
    add("--tunnel", action="store_true", help="as a proxy, pass requests to other hosts through")
    add("--toxiproxy", action="store_true", help=_TOXIPROXY)
    add("--grpc", type=int, metavar="PORT", help=_GRPC)
    add("--webhooks", default="", metavar="URL", help=_WEBHOOKS)
    add("--lenient", action="store_true", help=_LENIENT)
    add(
        "--upstream",
        nargs="?",
        const="",
        action="append",
        metavar="ADDRESS",
        help=_UPSTREAM,
    )


def _clock_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--clock",
        default="real",
        metavar="manual|real|scaled",
        help="how the server's clock advances (default: real)",
    )
    add("--speed", type=float, help="with --clock scaled: seconds of the outage in one real second")
    add("--at", help=_AT)


def settings_of(options: argparse.Namespace, profiles: list[str]) -> Settings:
    """The settings of a server; raises UsageError, UnknownName or ProfileError."""
    from chaos_llm.server.launch.settings import Settings  # noqa: PLC0415 - profiles

    return Settings(
        _on_other_providers(profiles, options.provider),
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
        upstream=None if options.upstream is None else [a for a in options.upstream if a],
        webhooks=options.webhooks,
        strict=False if options.lenient else None,
    )


def _on_other_providers(profiles: list[str], listed: str) -> Sequence[str | Profile]:
    """The profiles, moved to the providers of a list that is separated by commas."""
    names = [name for name in listed.split(",") if name]
    if not names:
        return profiles
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.profiles.other_providers import on_providers  # noqa: PLC0415 - pydantic
    from chaos_llm.requests.hosts import provider_names  # noqa: PLC0415 - all providers

    for name in names:
        if name not in provider_names():
            raise UnknownName("provider", name, provider_names())
    return [on_providers(load(profile), names) for profile in profiles]
