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


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "profile": _profile,
    "report": _report,  # what report.json() gives
    "test": _test,  # what --chaos-report writes
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("what", choices=sorted(SCHEMAS), help="whose format")


def run(options: argparse.Namespace) -> int:
    """Print a format as a JSON schema, for editors and other programs."""
    print(json.dumps(SCHEMAS[options.what](), indent=2, ensure_ascii=False))
    return 0
