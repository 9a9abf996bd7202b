"""The catalogue of profiles: their folders, names and tags.

It is read while pytest collects. So it reads TOML with the standard library, each version of a file
once, and does not import pydantic.
"""

from __future__ import annotations

import re
from os.path import isfile
from pathlib import Path

from chaos_llm import extensions
from chaos_llm.config import KEYS
from chaos_llm.errors import ProfileError, UnknownName, UsageError
from chaos_llm.profiles import toml_document
from chaos_llm.profiles.toml_document import TomlDocument

ALL_BY = "chaos-llm profiles"
_PACKAGE = Path(__file__).parents[1]
_PACK = re.compile(r"year-([0-9]{4})(?::([a-z0-9-]+))?")


def folders(rootdir: str | Path | None = None) -> tuple[Path, ...]:
    """The folders of profiles: the team's own, those of installed packages, the shipped one.

    The team's are `[tool.chaos_llm] profiles = [...]` in the nearest pyproject.toml at or above
    `rootdir` (default: the current folder), relative to that file. If two folders have a profile
    of the same name, the one in the first folder counts.
    """
    return (*_own(Path(rootdir) if rootdir else Path.cwd()), *extensions.folders(), *_shipped())


def names(rootdir: str | Path | None = None) -> tuple[str, ...]:
    """The names of all profiles, sorted."""
    return tuple(sorted(_files(rootdir)))


def tags(rootdir: str | Path | None = None) -> tuple[str, ...]:
    """The tags of all profiles, sorted."""
    return tuple(sorted({tag for each in _tagged(rootdir).values() for tag in each}))


def with_tag(tag: str, rootdir: str | Path | None = None) -> tuple[str, ...]:
    """The names of the profiles with that tag, sorted; raises UnknownName if there is none."""
    tagged = _tagged(rootdir)
    found = tuple(name for name in sorted(tagged) if tag in tagged[name])
    if not found:
        raise UnknownName("tag", tag, {tag for each in tagged.values() for tag in each})
    return found


def find(name: str, rootdir: str | Path | None = None) -> Path:
    """The file of a profile; raises UnknownName, and UsageError for a pack of profiles."""
    file = f"{name}.toml"
    for folder in folders(rootdir):  # each outage asks, and a catalogue has a hundred files
        path = folder / file
        is_profile = path.name == file != "pyproject.toml"
        if is_profile and isfile(path):  # noqa: PTH113 - raises nothing, however odd the name is
            return path
    files = _files(rootdir)
    if name not in files and _PACK.fullmatch(name):
        raise UsageError(
            f"{name} is a pack of many profiles, and an outage has one: name the pack in "
            "`--chaos`, in the marker `chaos`, in `chaos_llm.years.replay_all` or in "
            "`chaos-llm replay`"
        )
    if name not in files:
        raise UnknownName("profile", name, files, all_by=ALL_BY)
    return files[name]


def year_of_pack(name: str, rootdir: str | Path | None = None) -> tuple[int | None, str | None]:
    """The year and the provider of `year-2026:anthropic`; None, None for what is no pack."""
    found = _PACK.fullmatch(name)
    if found is None or name in _files(rootdir):
        return None, None
    return int(found[1]), found[2]


def within(folder: Path) -> list[Path]:
    """The files of the profiles in a folder, sorted; a pyproject.toml is not a profile."""
    return sorted(path for path in folder.glob("*.toml") if path.name != "pyproject.toml")


def _files(rootdir: str | Path | None) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for folder in folders(rootdir):
        for path in within(folder):
            files.setdefault(path.stem, path)
    return files


def _tagged(rootdir: str | Path | None) -> dict[str, list[str]]:
    return {name: _tags(toml_document.read(path)) for name, path in _files(rootdir).items()}


def _tags(profile: TomlDocument) -> list[str]:
    return _texts(profile, ("tags",), profile.tables.get("tags", []))


def is_shipped(path: Path) -> bool:
    """Whether a file is one of the profiles that come with this package."""
    return path.parent in _shipped()


def _shipped() -> list[Path]:
    # In a wheel the folder is inside the package; in a source tree or an editable install it is
    # beside it. Inside comes first: a folder beside an installed package is another package's.
    for folder in (_PACKAGE / "fault_profiles", _PACKAGE.parent / "fault_profiles"):
        if folder.is_dir():
            return [folder]
    return []


def _own(rootdir: Path) -> list[Path]:
    start = rootdir.resolve()
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return _listed(toml_document.read(folder / "pyproject.toml"))
    return []


def _listed(pyproject: TomlDocument) -> list[Path]:
    path = ("tool", "chaos_llm", "profiles")
    settings = pyproject.tables.get("tool", {}).get("chaos_llm", {})
    for key in settings:
        if key not in KEYS:
            raise UnknownName("key", key, KEYS, where=pyproject.where("tool", "chaos_llm", key))
    listed = []
    for text in _texts(pyproject, path, settings.get("profiles", [])):
        folder = pyproject.path.parent / text
        if not folder.is_dir():
            raise pyproject.error(path, f"expected folders; there is no folder {folder}")
        listed.append(folder)
    return listed


def _texts(source: TomlDocument, path: tuple[str, ...], value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    problem: ProfileError = source.error(path, f"expected a list of strings; got {value!r}")
    raise problem
