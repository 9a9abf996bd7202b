"""Load a profile by its name or its file."""

from __future__ import annotations

from functools import lru_cache
from os import PathLike
from pathlib import Path

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles import catalogue, toml_document
from chaos_llm.profiles.compiled import compiled
from chaos_llm.profiles.model import Profile, Window


def load(name_or_path: str | Path | Profile, *, rootdir: str | Path | None = None) -> Profile:
    """The profile of that name, or of that .toml file; a Profile is returned as it is.

    Raises UnknownName for an unknown name, and ProfileError or UnknownName with file and line for
    mistakes in the file.
    """
    if isinstance(name_or_path, Profile):
        return name_or_path
    path = path_of(name_or_path, rootdir)
    toml_document.read(path)  # first, since its error for a missing file is clearer than stat's
    stat = path.stat()
    return _loaded(path, stat.st_mtime_ns, stat.st_size)


def loads(text: str, *, name: str) -> Profile:
    """The profile that a TOML text describes; error messages name the file `<name>.toml`."""
    from chaos_llm.profiles import reading  # noqa: PLC0415 - pydantic, only when it is needed

    return reading.profile(toml_document.parsed(Path(f"{name}.toml"), text.encode()))


def window(profile: Profile, name: str) -> Window:
    """The window of that name; raises UnknownName."""
    for each in profile.windows:
        if each.name == name:
            return each
    raise UnknownName("window", name, [each.name for each in profile.windows])


def path_of(name: str | Path, rootdir: str | Path | None = None) -> Path:
    """The file of a profile, by its name or path; raises UnknownName, or UsageError for neither."""
    if isinstance(name, str) and not name.endswith(".toml"):
        return catalogue.find(name, rootdir)
    if not isinstance(name, str | PathLike):
        raise UsageError(
            f"a profile is meant by its name or the path of its file, not by {name!r}; "
            "a fault alone is injected: chaos.on(provider).inject(fault)"
        )
    path = Path(name).absolute()
    if not path.is_file():
        beside = [str(Path(name).with_name(each.name)) for each in catalogue.within(path.parent)]
        known = [*beside, *catalogue.names(rootdir)]
        raise UnknownName("profile", str(name), known, all_by=catalogue.ALL_BY)
    return path


@lru_cache(maxsize=256)
def _loaded(path: Path, mtime: int, size: int) -> Profile:  # noqa: ARG001 - keys of the cache
    document = toml_document.read(path)

    def read() -> Profile:
        from chaos_llm.profiles import reading  # noqa: PLC0415 - pydantic, when it is needed

        return reading.profile(document)

    if not catalogue.is_shipped(path):
        return read()
    return compiled(path, document.text.encode(), read)
