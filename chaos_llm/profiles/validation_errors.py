"""Turn pydantic's errors into messages with file, line, window, key and the expected value.

pydantic's own messages name union branches and models, which authors of profiles do not know.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chaos_llm.errors import ChaosError, ProfileError, UnknownName, shown
from chaos_llm.profiles import profile_tables, toml_values, window_tables
from chaos_llm.profiles.model import SURFACES
from chaos_llm.profiles.toml_document import TomlDocument
from chaos_llm.requests.billing_tiers import TIERS

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): profile_tables.ProfileTable,
    ("sources",): profile_tables.SourceTable,
    ("window",): window_tables.WindowTable,
    ("window", "on"): window_tables.TargetTable,
    ("window", "faults"): window_tables.WeightedFaultTable,
    ("window", "except"): window_tables.TargetTable,
    ("window", "network"): window_tables.ToxicTable,
    ("window", "flap"): window_tables.FlapTable,
    ("window", "capacity"): window_tables.CapacityTable,
    ("status_page",): profile_tables.StatusPageTable,
    ("status_page", "posts"): profile_tables.PostTable,
    ("event",): profile_tables.EventTable,
    ("baseline",): profile_tables.HealthyLatencyTable,
    ("baseline", "models"): profile_tables.ModelLatencyTable,
    ("edge",): profile_tables.EdgeTable,
    ("quota",): profile_tables.QuotaTable,
}
# Tables whose second key is a name that the author chose.
_NAMED = ("sources", "status_page", "baseline", "quota", "edge")

_BITS = 256  # of an integer that an error shows in full
_MOST = 20  # problems reported at once

# Old names of keys, from the first version of the format, with the new names.
_RENAMED = {
    "mix": "faults",
    "per": "sticky_by",
    "redraw": "sticky_for",
    "spares": "except",
    "like": "extends",
    "basis": "evidence",
    "page": "status_page",
    "aside": "event",
    "healthy": "baseline",
    "grade": "confidence",
}

Path = tuple[str | int, ...]


def explained(found: ValidationError, document: TomlDocument) -> ChaosError:
    """An error for pydantic's: the first unknown name, since it may cause the rest; else all."""
    problems: dict[Path, str] = {}
    details = found.errors(include_url=False, include_context=False)
    for detail in details:
        path = _in_document(document.tables, detail["loc"])
        unknown = _unknown_name(detail, path, document)
        if unknown:
            return unknown
        problems.setdefault(*_problem(detail, path, document.tables))
        if len(problems) >= _MOST:
            break
    messages = [str(document.error(path, problem)) for path, problem in problems.items()]
    if len(problems) >= _MOST and detail is not details[-1]:
        messages.append(f"{document.where()}: there are more; these are the first {_MOST}")
    return ProfileError("\n".join(messages))


def _in_document(value: Any, loc: Path) -> Path:
    """The part of pydantic's location that is in the file; the rest names union branches."""
    path: list[str | int] = []
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
        path.append(step)
    return tuple(path)


def _unknown_name(detail: ErrorDetails, path: Path, document: TomlDocument) -> ChaosError | None:
    if detail["type"] == "extra_forbidden" and path == detail["loc"]:
        known = _fields(_MODELS[_keys(path[:-1])])
        new = _RENAMED.get(str(path[-1]))
        if new in known:
            return document.error(path[:-1], f"the key {path[-1]!r} is called {new!r} now")
        where = ": ".join(filter(None, (document.where(*path), document.label(path[:-1]))))
        return UnknownName("key", str(path[-1]), known, where=where)
    known_names = {"surface": SURFACES, "tier": TIERS}
    if path and path[-1] in known_names and detail["type"] == "literal_error":
        where = f"{document.where(*path)}: {document.label(path[:-1])}"
        kind = str(path[-1])
        return UnknownName(kind, str(detail["input"]), known_names[kind], where=where)
    return None


def _problem(detail: ErrorDetails, path: Path, value: Any) -> tuple[Path, str]:
    loc = detail["loc"]
    if detail["type"] == "missing" and path == loc[:-1]:
        key = str(loc[-1])
        return path, f"{key} is missing; expected {_expected((*path, key))}"
    for step in path:
        value = value[step]
    return path, f"expected {_expected(path)}; got {_short(value)}"


def _expected(path: Path) -> str:
    names = _keys(path)
    return str(_fields(_MODELS[names[:-1]])[names[-1]].description)


def _keys(path: Path) -> tuple[str, ...]:
    names = [step for step in path if isinstance(step, str)]
    if names[:1] and names[0] in _NAMED:
        del names[1:2]
    return tuple(names)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _short(value: object, limit: int = 70) -> str:
    if isinstance(value, dict | list) and len(value) > limit:
        value = value[:limit] if isinstance(value, list) else dict(list(value.items())[:limit])
    elif isinstance(value, str):
        value = value[: limit + 1]
    elif isinstance(value, int) and value.bit_length() > _BITS:
        return shown(value)
    text = toml_values.value(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
