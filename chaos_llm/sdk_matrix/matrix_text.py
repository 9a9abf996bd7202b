"""Choose the SDKs to test, and make the text that `chaos-llm matrix` prints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.sdk_matrix import page
from chaos_llm.sdk_matrix.cells import Cell, Progress, cells
from chaos_llm.sdk_matrix.client import Client
from chaos_llm.sdk_matrix.clients import CLIENTS


def matrix_text(
    names: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    markdown: str | None = None,
    width: int = 100,
) -> str:
    """Send every fault to the chosen SDKs; return what each raised or returned, as text.

    `markdown` chooses Markdown instead of plain text. If it is the path of a page that was
    written before, the sections of other SDKs and versions are copied from that page.
    """
    by_client = _measured(names, progress)
    if markdown is None:
        parts = [page.terminal(client, of_client, width) for client, of_client in by_client]
        return "\n".join(parts) + "".join(f"\nleft out: {why}" for why in left_out()) + "\n"
    path = Path(markdown) if markdown else None
    before = path.read_text(encoding="utf-8") if path and path.exists() else ""
    return page.page([page.section(client, of_client) for client, of_client in by_client], before)


def matrix_json(names: Sequence[str] = (), progress: Progress | None = None) -> dict[str, Any]:
    """The same as plain values: for each SDK its outcomes by fault and way to call it."""
    sdks = [
        {
            "sdk": client.name,
            "package": client.package,
            "version": client.version,
            "outcomes": page.rows_of(of_client),
        }
        for client, of_client in _measured(names, progress)
    ]
    return {"sdks": sdks, "left_out": left_out()}


def _measured(names: Sequence[str], progress: Progress | None) -> list[tuple[Client, list[Cell]]]:
    """The cells of each chosen SDK."""
    clients = chosen(names)
    by_name = {client.name: client for client in clients}
    return [
        (by_name[name], list(of_client))
        for name, of_client in groupby(cells(clients, progress), lambda cell: cell.client)
    ]


def chosen(names: Sequence[str] = ()) -> list[Client]:
    """The installed clients with these names or package names; without names, all of them.

    Raises UnknownName for an unknown name, UsageError if none of the named SDKs is installed.
    """
    for name in names:
        if not any(name in (client.name, client.package) for client in CLIENTS):
            known = {each for client in CLIENTS for each in (client.name, client.package)}
            raise UnknownName("SDK", name, known)
    named = [c for c in CLIENTS if not names or {c.name, c.package} & set(names)]
    installed = [client for client in named if not client.missing]
    if not installed:
        reasons = "; ".join(dict.fromkeys(client.missing for client in named))
        raise UsageError(f"there is no SDK to test: {reasons}")
    return installed


def left_out() -> list[str]:
    """The reasons why SDKs are left out, each once."""
    return list(dict.fromkeys(client.missing for client in CLIENTS if client.missing))
