"""Read the targets of a window's `on` and `except`; an edge becomes a target for each provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chaos_llm import providers
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.model import SIMULATED_SURFACES, Target
from chaos_llm.profiles.toml_document import TomlDocument

if TYPE_CHECKING:  # at run time these would import pydantic
    from chaos_llm.profiles.profile_tables import EdgeTable
    from chaos_llm.profiles.window_tables import TargetTable

Path = tuple[str | int, ...]


def targets(
    document: TomlDocument,
    path: Path,
    tables: Sequence[TargetTable] | None,
    edges: Mapping[str, EdgeTable],
) -> tuple[Target, ...]:
    """The targets of a list; raises ProfileError or UnknownName with file and line."""
    return tuple(
        Target(provider, **table.model_dump(exclude={"provider", "edge"}))
        for index, table in enumerate(tables or ())
        for provider in _providers(document, (*path, index), table, edges)
    )


def check_provider(document: TomlDocument, path: Path, name: str, *also: str) -> None:
    """Raise UnknownName for a provider that is neither simulated nor in `also`."""
    known = {provider.name for provider in providers.known()}
    if name not in known and name not in also:
        where = f"{document.where(*path)}: {document.label(path)}"
        raise UnknownName("provider", name, [*sorted(known), *also], where=where)


def _providers(
    document: TomlDocument, path: Path, table: TargetTable, edges: Mapping[str, EdgeTable]
) -> Iterator[str]:
    if (table.provider is None) == (table.edge is None):
        problem = "expected `provider` or `edge`, one of them"
        if table.provider is None:
            problem = 'provider is missing; expected the name of a provider, or "*"'
        raise document.error(path, problem)
    if table.provider is not None:
        # A surface that is only documented may be any provider's.
        if table.surface in SIMULATED_SURFACES:
            check_provider(document, (*path, "provider"), table.provider, "*")
        yield table.provider
        return
    if table.edge not in edges:
        where = f"{document.where(*path, 'edge')}: {document.label((*path, 'edge'))}"
        raise UnknownName("edge", str(table.edge), edges, where=where)
    yield from edges[str(table.edge)].providers
