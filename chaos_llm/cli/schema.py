"""`chaos-llm schema`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any


def _profile() -> dict[str, Any]:
    from chaos_llm.profiles import schema  # noqa: PLC0415 - pydantic

    return schema()


def _report() -> dict[str, Any]:
    from chaos_llm.reports.records.models import schema  # noqa: PLC0415 - pydantic

    return schema("report")


def _test() -> dict[str, Any]:
    from chaos_llm.reports.records.models import schema  # noqa: PLC0415 - pydantic

    return schema("test")


def _campaign() -> dict[str, Any]:
    from chaos_llm.campaign.records import schema  # noqa: PLC0415 - pydantic

    return schema()


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "profile": _profile,
    "report": _report,  # of report.json()
    "test": _test,  # of the files that --chaos-report writes
    "campaign": _campaign,  # of campaign.json
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "what",
        choices=sorted(SCHEMAS),
        help="a profile's TOML, report.json(), or a test's record of --chaos-report",
    )


def run(options: argparse.Namespace) -> int:
    """Print the JSON schema of a file format, for editors and other programs."""
    print(json.dumps(SCHEMAS[options.what](), indent=2, ensure_ascii=False))
    return 0
