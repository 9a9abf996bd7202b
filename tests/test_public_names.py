"""What is public says so: each `__all__` is sorted, whole, and nothing in it is missing."""

from __future__ import annotations

import ast
import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import chaos_llm

ROOT = Path(chaos_llm.__file__).parent


def bound_by(package: str, text: str) -> Iterator[str]:
    """The public names that a package's `__init__` defines or takes from its own files."""
    for node in ast.parse(text).body:
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                if f"{module}.".startswith(f"{package}."):
                    yield from (alias.asname or alias.name for alias in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def public_names(package: str, text: str) -> set[str]:
    return {name for name in bound_by(package, text) if not name.startswith("_")}


def packages() -> dict[str, str]:
    """The packages below ours that offer names, with the text that does."""
    texts = {
        f"chaos_llm.{path.parent.name}": path.read_text(encoding="utf-8")
        for path in ROOT.glob("*/__init__.py")
    }
    return {name: text for name, text in sorted(texts.items()) if public_names(name, text)}


def constants_then_classes_then_words(name: str) -> tuple[bool, bool, str]:
    return (not name.isupper(), name[0].islower(), name)


@pytest.mark.parametrize("name", ["chaos_llm", *packages()])
def test_public_names_are_sorted_and_resolve(name):
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(module.__all__, key=constants_then_classes_then_words)
    for each in module.__all__:
        assert not isinstance(getattr(module, each), types.ModuleType)


@pytest.mark.parametrize("name", packages())
def test_dir_of_a_package_lists_its_public_names(name):
    assert set(importlib.import_module(name).__all__) == public_names(name, packages()[name])


def test_dir_of_the_package_lists_lazy_imports():
    late = next(
        node
        for node in ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    assert (
        set(chaos_llm.__all__) == set(chaos_llm._MODULES) == set(bound_by("chaos_llm", _of(late)))
    )


def _of(block: ast.If) -> str:
    return "\n".join(map(ast.unparse, block.body))


def test_a_public_name_is_defined_where_the_package_imports_it_from():
    for name, module in chaos_llm._MODULES.items():
        assert getattr(chaos_llm, name) is getattr(importlib.import_module(module), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'outtage'"):
        _ = chaos_llm.outtage


def test_a_star_import_gives_the_public_names():
    names: dict[str, object] = {}
    exec("from chaos_llm import *", names)
    assert set(chaos_llm.__all__) <= set(names)
    assert names["outage"] is sys.modules["chaos_llm.outage_context"].outage
