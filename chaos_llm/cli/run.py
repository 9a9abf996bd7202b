"""`chaos-llm run`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos_llm.cli.server_options import server_arguments, settings_of
from chaos_llm.cli.terminal import width
from chaos_llm.errors import UsageError

# As with `pytest --chaos`: most commands end before the first window of a timeline opens.
PEAK = "the peak"

_CHECK = "exit with 1 if the verdict is not a pass: a check failed, or there was nothing to judge"
_JSON = "write the verdict as JSON to this file; the command has the standard output for itself"
_OWN_LOGIN = (
    "for a command with a login of its own: set no base URLs and no keys, but the proxy of --tls, "
    "which answers for the vendors' hosts"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("profile", metavar="PROFILE", help="a profile's name or a TOML file")
    parser.add_argument("--check", action="store_true", help=_CHECK)
    parser.add_argument("--json", metavar="FILE", type=Path, help=_JSON)
    parser.add_argument("--own-login", action="store_true", help=_OWN_LOGIN)
    server_arguments(parser)
    parser.set_defaults(at=PEAK)
    parser.add_argument("child", metavar="COMMAND", nargs="+", help="the command to run, after --")


def separator_problem(options: argparse.Namespace, argv: Sequence[str]) -> str:
    """What is wrong where a command with options of its own was given without `--` before it.

    Without it `--port` behind the command would be ours.
    """
    child = getattr(options, "child", None)
    if not child or "--" in argv:
        return ""
    begins = argv.index(child[0], argv.index(options.profile) + 1)
    if not any(each.startswith("-") for each in argv[begins:]):
        return ""
    ours, theirs = shlex.join(argv[:begins]), shlex.join(argv[begins:])
    return f"put -- before a command with options: chaos-llm {ours} -- {theirs}"


def run(options: argparse.Namespace) -> int:
    """Run a command during an outage: every provider's base URL points at a mock server.

    With --own-login no base URL is set, and the command calls the vendors' hosts by way of a proxy.
    """
    from chaos_llm.server.launch import child_process, event_loops  # noqa: PLC0415 - httptools

    options.tls = options.tls or options.own_login
    settings = settings_of(options, [options.profile])
    running = child_process.run(settings, options.child, width(), base_urls=not options.own_login)
    outcome = event_loops.run(running)
    print(f"\n{outcome.timeline}\n\n{outcome.verdict['text']}", file=sys.stderr)
    if options.json is not None:
        _write(options.json, {"exit_code": outcome.code, **outcome.verdict})
    passed = outcome.verdict["verdict"] == "pass"
    return outcome.code or (1 if options.check and not passed else 0)


def _write(path: Path, verdict: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(verdict, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--json {path}: {error}") from None
