"""Each check is shown an app that must fail, one that must pass, and one that is not judged."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chaos_llm import checks

NAMES = sorted(set(checks.__all__) - {"Check", "Finding", "standard"})


def verdicts_in(path: Path) -> set[str]:
    """The verdicts that the tests of a check compare something with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {"fail", "pass", "not applicable", "not judged"}.intersection(
        text for text in texts if isinstance(text, str)
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_check_has_a_case_that_fails_one_that_passes_and_one_that_is_not_judged(name):
    shown = verdicts_in(Path(__file__).with_name(f"test_{name}.py"))
    assert {"fail", "pass"} <= shown
    assert shown & {"not applicable", "not judged"}
