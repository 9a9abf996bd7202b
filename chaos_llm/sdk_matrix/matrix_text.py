"""Which SDKs are asked, and the matrix of them as text: what `chaos-llm matrix` prints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.sdk_matrix import page
from chaos_llm.sdk_matrix.cells import Progress, cells
from chaos_llm.sdk_matrix.client import Client
from chaos_llm.sdk_matrix.clients import CLIENTS


def told(
    names: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    markdown: str | None = None,
    width: int = 100,
) -> str:
    """Play the chosen SDKs and tell what each made of each fault.

    `markdown` makes a page of it; the path of a file takes over what that page has of other SDKs.
    """
    clients = chosen(names)
    found = {client.name: client for client in clients}
    by_client = [
        (found[name], list(theirs))
        for name, theirs in groupby(cells(clients, progress), lambda cell: cell.client)
    ]
    if markdown is None:
        parts = [page.terminal(client, theirs, width) for client, theirs in by_client]
        return "\n".join(parts) + "".join(f"\nleft out: {why}" for why in left_out()) + "\n"
    path = Path(markdown) if markdown else None
    before = path.read_text(encoding="utf-8") if path and path.exists() else ""
    return page.page([page.section(client, theirs) for client, theirs in by_client], before)


def chosen(names: Sequence[str] = ()) -> list[Client]:
    """The clients of these names, or of the packages of these names; all without any.

    Raises UnknownName for a name that is neither, UsageError where nothing of it is installed.
    """
    for name in names:
        if not any(name in (client.name, client.package) for client in CLIENTS):
            known = {each for client in CLIENTS for each in (client.name, client.package)}
            raise UnknownName("SDK", name, known)
    named = [c for c in CLIENTS if not names or {c.name, c.package} & set(names)]
    here = [client for client in named if not client.missing]
    if not here:
        reasons = "; ".join(dict.fromkeys(client.missing for client in named))
        raise UsageError(f"there is no SDK to ask: {reasons}")
    return here


def left_out() -> list[str]:
    """Why the others are not asked, each reason once."""
    return list(dict.fromkeys(client.missing for client in CLIENTS if client.missing))
