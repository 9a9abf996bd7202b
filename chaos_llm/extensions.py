"""What installed packages add to the catalogues, by entry points in their pyproject.toml.

    [project.entry-points."chaos_llm.faults"]
    teapot = "acme_chaos.teapot:Teapot"         # a subclass of Fault, in a file of that name

    [project.entry-points."chaos_llm.providers"]
    acme = "acme_chaos.wire:AcmeChat"           # a Provider, or a class that makes one

    [project.entry-points."chaos_llm.checks"]
    asks_once = "acme_chaos.checks:AsksOnce"    # a class or function; without arguments, a Check

    [project.entry-points."chaos_llm.readers"]
    acme_log = "acme_chaos.logs:AcmeLog"        # a Reader of recordings, for `chaos-llm import`

    [project.entry-points."chaos_llm.profiles"]
    acme = "acme_chaos.outages"                 # a package with .toml files beside its __init__

A package's code is imported when a catalogue is first looked up; a package of profiles is only
located, never imported. Code that is in no installed package can be added in a conftest.py:
`chaos_llm.extensions.add("faults", "teapot", Teapot)`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from chaos_llm.errors import UsageError

Group = Literal["checks", "faults", "providers", "readers"]

_added_by_code: dict[str, dict[str, Any]] = {}


def add(group: Group, name: str, thing: Any) -> None:
    """Add to a catalogue until the process ends; a second call with a name replaces the first."""
    _added_by_code.setdefault(group, {})[name] = thing


def edition(group: Group) -> tuple[object, ...]:
    """A value that changes with each `add` to a catalogue, as a key for caches."""
    return tuple(_added_by_code.get(group, {}).items())


def added(group: Group) -> tuple[tuple[str, Any], ...]:
    """Additions to a catalogue as (name, object): by entry points first, then by `add`.

    Each part is sorted by name. Raises UsageError for an entry point that cannot be imported.
    """
    return (*_installed(group), *sorted(_added_by_code.get(group, {}).items()))


@cache
def _installed(group: Group) -> tuple[tuple[str, Any], ...]:
    return tuple((entry.name, _loaded(entry)) for entry in _entries(group))


@cache
def folders() -> tuple[Path, ...]:
    """Folders of profiles in installed packages; raises UsageError for one that does not exist."""
    return tuple(_folder(entry) for entry in _entries("profiles"))


def mistake(group: str, name: str, problem: str) -> UsageError:
    """The error for a faulty entry point; it names the package that declares it."""
    for entry in _entries(group):
        if entry.name == name:
            return _mistake(entry, problem)
    return UsageError(f"{name}: {problem}")


def _entries(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=f"chaos_llm.{group}"), key=lambda entry: entry.name)


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:  # an import of foreign code may raise anything
        raise _mistake(entry, f"cannot be imported: {error!r}") from error


def _folder(entry: EntryPoint) -> Path:
    try:
        spec = find_spec(entry.module)
    except (ImportError, ValueError) as error:
        raise _mistake(entry, f"cannot be found: {error}") from error
    paths = list(spec.submodule_search_locations or ()) if spec else []
    if not paths:
        raise _mistake(entry, "is not a package; expected one with .toml files beside its __init__")
    return Path(paths[0])


def _mistake(entry: EntryPoint, problem: str) -> UsageError:
    package = entry.dist.name if entry.dist else "an installed package"
    return UsageError(
        f"{package}: entry point {entry.group}: {entry.name} = {entry.value}: {problem}"
    )
