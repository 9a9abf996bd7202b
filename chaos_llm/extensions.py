"""What other packages add to our catalogues, by entry points of their pyproject.toml.

    [project.entry-points."chaos_llm.faults"]
    teapot = "acme_chaos.teapot:Teapot"         # a subclass of Fault, in a file of that name

    [project.entry-points."chaos_llm.providers"]
    acme = "acme_chaos.wire:AcmeChat"           # a Provider, or a class that makes one

    [project.entry-points."chaos_llm.checks"]
    asks_once = "acme_chaos.checks:AsksOnce"    # makes a Check without arguments

    [project.entry-points."chaos_llm.profiles"]
    acme = "acme_chaos.outages"                 # a package with .toml files beside its __init__

Nothing of a pack is imported before somebody looks a name up; a folder of profiles never is. What
is in no package, a conftest.py adds by hand: `packs.add("faults", "teapot", Teapot)`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from chaos_llm.errors import UsageError

Group = Literal["checks", "faults", "providers"]

_by_hand: dict[str, dict[str, Any]] = {}


def add(group: Group, name: str, thing: Any) -> None:
    """Add to a catalogue by hand, for as long as the process lives; the same name replaces it."""
    _by_hand.setdefault(group, {})[name] = thing


def edition(group: Group) -> tuple[object, ...]:
    """A value that changes when somebody adds to a catalogue by hand."""
    return tuple(_by_hand.get(group, {}).items())


def added(group: Group) -> tuple[tuple[str, Any], ...]:
    """What packs, and others by hand, add to a catalogue: names with the things themselves.

    Sorted by name, packs first. Raises UsageError for a pack that cannot be imported.
    """
    return (*_installed(group), *sorted(_by_hand.get(group, {}).items()))


@cache
def _installed(group: Group) -> tuple[tuple[str, Any], ...]:
    return tuple((entry.name, _loaded(entry)) for entry in _entries(group))


@cache
def folders() -> tuple[Path, ...]:
    """The folders of profiles that packs bring; raises UsageError for one that is not there."""
    return tuple(_folder(entry) for entry in _entries("profiles"))


def mistake(group: str, name: str, problem: str) -> UsageError:
    """The error for a pack's entry, which says whose it is."""
    for entry in _entries(group):
        if entry.name == name:
            return _mistake(entry, problem)
    return UsageError(f"{name}: {problem}")


def _entries(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=f"chaos_llm.{group}"), key=lambda entry: entry.name)


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:  # whatever somebody else's import may raise
        raise _mistake(entry, f"cannot be imported: {error!r}") from error


def _folder(entry: EntryPoint) -> Path:
    try:
        spec = find_spec(entry.module)
    except (ImportError, ValueError) as error:
        raise _mistake(entry, f"cannot be found: {error}") from error
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise _mistake(entry, "is no package; expected one with .toml files beside its __init__")
    return Path(places[0])


def _mistake(entry: EntryPoint, problem: str) -> UsageError:
    whose = entry.dist.name if entry.dist else "an installed package"
    return UsageError(
        f"{whose}: entry point {entry.group}: {entry.name} = {entry.value}: {problem}"
    )
