"""Read a window's `faults` and `network`; the parameters are the fields of the dataclasses.

TOML has no None: for a parameter that may be None, write `false` (`retry_after = false`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from chaos_llm import faults
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.network import TOXICS, Network, Toxic
from chaos_llm.profiles.model import WeightedFault
from chaos_llm.profiles.toml_document import TomlDocument

if TYPE_CHECKING:  # at run time this would import pydantic
    from chaos_llm.profiles.window_tables import ToxicTable, WeightedFaultTable

Path = tuple[str | int, ...]
_T = TypeVar("_T")


def weighted_faults(
    document: TomlDocument, number: int, tables: Sequence[WeightedFaultTable] | None
) -> tuple[WeightedFault, ...]:
    """The faults of a window; raises ProfileError or UnknownName with file and line."""
    return tuple(
        WeightedFault(table.weight, _fault(document, ("window", number, "faults", index), table))
        for index, table in enumerate(tables or ())
    )


def network(document: TomlDocument, number: int, tables: Sequence[ToxicTable]) -> Network:
    """The toxics of a window; raises ProfileError or UnknownName with file and line."""
    return Network(
        tuple(
            _toxic(document, ("window", number, "network", index), table)
            for index, table in enumerate(tables)
        )
    )


def takes_none(field: Field[Any]) -> bool:
    """Whether a parameter may be None."""
    return "None" in str(field.type).split(" | ")


def _fault(document: TomlDocument, path: Path, table: WeightedFaultTable) -> Fault:
    known = faults.known()
    if table.fault not in known:
        raise UnknownName("fault", table.fault, known, where=_where(document, (*path, "fault")))
    values = table.model_extra or {}
    if values.get("body_file"):
        values = {**values, "body": _text_of(document, path, values["body_file"])}
    return _built(document, path, known[table.fault], values, "fault", "weight")


def _text_of(document: TomlDocument, path: Path, name: object) -> str | bytes:
    """The content of a file beside the profile; bytes if it is no UTF-8."""
    folder = document.path.absolute().parent
    file = folder / str(name)
    if not isinstance(name, str) or not file.resolve().is_relative_to(folder.resolve()):
        raise document.error((*path, "body_file"), "expected a file in the profile's own folder")
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as mistake:
        problem = f"{file} cannot be read: {getattr(mistake, 'strerror', None) or mistake}"
        raise document.error((*path, "body_file"), problem) from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _toxic(document: TomlDocument, path: Path, table: ToxicTable) -> Toxic:
    if table.toxic not in TOXICS:
        raise UnknownName("toxic", table.toxic, TOXICS, where=_where(document, (*path, "toxic")))
    return _built(document, path, TOXICS[table.toxic], table.model_extra or {}, "toxic")


def _built(
    document: TomlDocument, path: Path, kind: type[_T], values: Mapping[str, Any], *own: str
) -> _T:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type] # dataclasses
    _check_names(document, path, known, values, own)
    may_be_none = {field.name for field in known.values() if takes_none(field)}
    try:
        return kind(
            **{
                name: None if value is False and name in may_be_none else value
                for name, value in values.items()
            }
        )
    except (UsageError, TypeError, ValueError) as mistake:
        raise document.error(path, str(mistake)) from None


def _check_names(
    document: TomlDocument,
    path: Path,
    known: Mapping[str, Field[Any]],
    values: Mapping[str, Any],
    own: tuple[str, ...],
) -> None:
    for name in values:
        if name not in known:
            where = _where(document, (*path, name))
            raise UnknownName("key", name, [*own, *known], where=where)
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise document.error(path, f"{name} is missing")


def _where(document: TomlDocument, path: Path) -> str:
    return f"{document.where(*path)}: {document.label(path)}"
