"""From a window's `mix` to faults; a fault's parameters are the fields of its dataclass.

TOML has no None: where a parameter may be None, `false` says so (`retry_after = false`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import FAULTS
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.document import Document
from chaos_llm.timeline import Weighted

if TYPE_CHECKING:
    from chaos_llm.profiles.tables import MixedTable  # at run time it would bring pydantic along

Path = tuple[str | int, ...]


def mix(
    document: Document, number: int, tables: Sequence[MixedTable] | None
) -> tuple[Weighted, ...]:
    """The faults of a window; raises ProfileError or UnknownName with file and line."""
    return tuple(
        Weighted(table.weight, _fault(document, ("window", number, "mix", index), table))
        for index, table in enumerate(tables or ())
    )


def takes_none(field: Field[Any]) -> bool:
    """Whether a parameter may be None."""
    return "None" in str(field.type).split(" | ")


def _fault(document: Document, path: Path, table: MixedTable) -> Fault:
    if table.fault not in FAULTS:
        raise UnknownName("fault", table.fault, FAULTS, where=_where(document, (*path, "fault")))
    kind, given = FAULTS[table.fault], table.model_extra or {}
    _check_names(document, path, kind, given)
    may_be_none = {field.name for field in fields(kind) if takes_none(field)}
    try:
        return kind(
            **{
                name: None if value is False and name in may_be_none else value
                for name, value in given.items()
            }
        )
    except (UsageError, TypeError, ValueError) as mistake:
        raise document.error(path, str(mistake)) from None


def _check_names(
    document: Document, path: Path, kind: type[Fault], given: Mapping[str, Any]
) -> None:
    known = {field.name: field for field in fields(kind)}
    for name in given:
        if name not in known:
            where = _where(document, (*path, name))
            raise UnknownName("key", name, ["fault", "weight", *known], where=where)
    for name, field in known.items():
        if name not in given and field.default is MISSING and field.default_factory is MISSING:
            raise document.error(path, f"{name} is missing")


def _where(document: Document, path: Path) -> str:
    return f"{document.where(*path)}: {document.label(path)}"
