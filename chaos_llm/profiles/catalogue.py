"""Which profiles there are: their folders, names and tags.

This is called while pytest collects, so it reads TOML with the standard library, once for each
time a file changes, and leaves pydantic alone.
"""

from __future__ import annotations

from pathlib import Path

from chaos_llm import extensions
from chaos_llm.config import KEYS
from chaos_llm.errors import ProfileError, UnknownName
from chaos_llm.profiles import toml_document
from chaos_llm.profiles.toml_document import TomlDocument

ALL_BY = "chaos-llm profiles"
_PACKAGE = Path(__file__).parents[1]


def folders(rootdir: str | Path | None = None) -> tuple[Path, ...]:
    """The folders that profiles are looked for in: the team's own, those of packs, the shipped one.

    The team's come from `[tool.chaos_llm] profiles = [...]` in the nearest pyproject.toml at or
    above `rootdir` (default: the current folder), relative to that file. Where a name is in two
    folders, the first folder has it.
    """
    return (*_own(Path(rootdir) if rootdir else Path.cwd()), *extensions.folders(), *_shipped())


def names(rootdir: str | Path | None = None) -> tuple[str, ...]:
    """The names of all profiles, sorted."""
    return tuple(sorted(_files(rootdir)))


def tags(rootdir: str | Path | None = None) -> tuple[str, ...]:
    """All tags that some profile has, sorted."""
    return tuple(sorted({tag for each in _tagged(rootdir).values() for tag in each}))


def with_tag(tag: str, rootdir: str | Path | None = None) -> tuple[str, ...]:
    """The names of the profiles with that tag, sorted; raises UnknownName where none has it."""
    tagged = _tagged(rootdir)
    found = tuple(name for name in sorted(tagged) if tag in tagged[name])
    if not found:
        raise UnknownName("tag", tag, {tag for each in tagged.values() for tag in each})
    return found


def find(name: str, rootdir: str | Path | None = None) -> Path:
    """The file of a profile; raises UnknownName."""
    files = _files(rootdir)
    if name not in files:
        raise UnknownName("profile", name, files, all_by=ALL_BY)
    return files[name]


def within(folder: Path) -> list[Path]:
    """The files of the profiles in a folder, sorted; a pyproject.toml is none."""
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


def _shipped() -> list[Path]:
    # A wheel carries the folder inside the package, a source tree and an editable install beside
    # it. Inside wins: what lies beside an installed package belongs to somebody else.
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
