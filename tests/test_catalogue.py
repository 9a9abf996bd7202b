"""Each fault, check and wire format has a file, a catalogue line, a docstring and a test."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import chaos_llm
from chaos_llm import checks, faults, providers
from chaos_llm.checks import Check
from chaos_llm.faults import FAULTS, Fault
from chaos_llm.providers import PROVIDERS, Provider

TESTS = Path(__file__).parent
CATALOGUES = {"faults": "fault", "providers": "provider", "checks": "check"}  # and their interfaces


def stems(folder: str) -> list[str]:
    """The files of a catalogue, without its interface and what its files share."""
    if folder == "providers":  # the vendors' folders hold what wire formats share, too
        return sorted({type(provider).__module__ for provider in PROVIDERS})
    paths = (Path(chaos_llm.__file__).parent / folder).glob("*.py")
    return sorted(
        path.stem
        for path in paths
        if path.stem != CATALOGUES[folder] and not path.stem.startswith("_")
    )


def entries_of(folder: str, stem: str) -> list[type]:
    """The classes of one file that its catalogue offers."""
    home = stem if folder == "providers" else f"chaos_llm.{folder}.{stem}"
    offered = {
        "faults": list(FAULTS.values()),
        "providers": [type(provider) for provider in PROVIDERS],
        "checks": [vars(checks)[name] for name in checks.__all__ if name.islower()],
    }
    return [entry for entry in offered[folder] if entry.__module__ == home]


FILES = [(folder, stem) for folder in CATALOGUES for stem in stems(folder)]


@pytest.mark.parametrize("stem", stems("faults"))
def test_a_fault_is_exported_under_its_stem(stem):
    assert FAULTS[stem] is getattr(faults, stem)
    assert entries_of("faults", stem) == [FAULTS[stem]]
    assert issubclass(FAULTS[stem], Fault)


@pytest.mark.parametrize("stem", stems("checks"))
def test_a_check_is_exported_under_its_stem(stem):
    assert entries_of("checks", stem) == [getattr(checks, stem)]
    assert issubclass(getattr(checks, stem), Check)


@pytest.mark.parametrize("stem", stems("providers"))
def test_a_wire_format_is_served_and_exported(stem):
    formats = entries_of("providers", stem)
    assert formats
    for each in formats:
        assert issubclass(each, Provider)
        assert each.__name__ in providers.__all__


@pytest.mark.parametrize(
    ("catalogue", "names"),
    [(faults, FAULTS), (checks, stems("checks"))],
    ids=["faults", "checks"],
)
def test_a_catalogue_offers_nothing_without_a_file(catalogue: ModuleType, names):
    folder = catalogue.__name__.rpartition(".")[2]
    offered = {name for name in catalogue.__all__ if isinstance(vars(catalogue)[name], type)}
    assert {name for name in offered if name.islower()} == set(names) == set(stems(folder))


@pytest.mark.parametrize(("folder", "stem"), FILES)
def test_its_docstring_begins_with_one_sentence(folder, stem):
    for entry in entries_of(folder, stem):
        first = inspect.cleandoc(entry.__doc__).split("\n\n")[0].splitlines()
        assert len(first) == 1
        assert re.fullmatch(r"[A-Z][^.]*(\.\S[^.]*)*\.", first[0]), first[0]


@pytest.mark.parametrize(("folder", "stem"), [f for f in FILES if f[0] != "providers"])
def test_it_has_a_test_file(folder, stem):
    assert (TESTS / folder / f"test_{stem}.py").is_file()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: f"{p.name}-{p.api}")
def test_a_wire_format_has_golden_bytes(provider):
    assert list((TESTS / "golden").rglob(f"{provider.name}-{provider.api}*"))
