"""Limits of the length of files and functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chaos_llm

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40


def longer_modules(texts: dict[str, str]) -> dict[str, int]:
    """The modules with too many lines, and how many they have."""
    lines = {module: len(text.splitlines()) for module, text in texts.items()}
    return {module: count for module, count in lines.items() if count > LONGEST_MODULE}


def longer_functions(texts: dict[str, str]) -> dict[str, int]:
    """The functions with too many lines, wherever they are, and how many they have."""
    return {
        f"{module}: {node.name}": lines
        for module, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }


@pytest.fixture(scope="module")
def texts():
    package = Path(chaos_llm.__file__).parent
    return {
        str(path.relative_to(package)): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }


def test_a_module_is_read_in_a_sitting(texts):
    assert not longer_modules(texts)


def test_a_function_fits_on_a_screen(texts):
    assert not longer_functions(texts)


def test_a_file_or_function_that_is_too_long_is_found():
    statements = "        pass\n" * LONGEST_FUNCTION
    text = f"class C:\n    async def inside(self):\n{statements}" + "\n" * LONGEST_MODULE
    assert longer_functions({"a.py": text, "b.py": ""}) == {"a.py: inside": 41}
    assert longer_modules({"a.py": text, "b.py": "\n" * LONGEST_MODULE}) == {"a.py": 442}
