"""What each vendor's SDK does on each fault, from the cells that the test suite measures.

The cells are in `tests/sdk_matrix/expected` by package and major version. The suite measures each
of them again, so a page that is made of them cannot be out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from chaos_llm.sdk_matrix.page import table

_TESTS = Path(__file__).parents[2] / "tests"
EXPECTED = _TESTS / "sdk_matrix" / "expected"


def render() -> str:
    """One section for each client of each SDK's major version."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    for path in sorted(EXPECTED.glob("*.json")):
        package, _, major = path.stem.rpartition("-")
        for client, rows in json.loads(path.read_text(encoding="utf-8")).items():
            yield f"## {client}: {package} {major}.x\n\n{table(rows)}"
