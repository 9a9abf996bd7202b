"""What a status page says at a time: it lags behind the outage, as its posts did.

The shape is Statuspage's API v2 (summary, status, components, incidents).
"""

from __future__ import annotations

from typing import Any

from chaos_llm.answers.status_page.incidents import Incident, incidents
from chaos_llm.answers.status_page.page_writer import PageWriter
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.model import Profile, StatusPage
from chaos_llm.protocol.messages import Document

__all__ = ["Book", "Incident", "document", "incidents"]


def document(
    page: StatusPage | None, profile: Profile, path: str, time: float, *, provider: str = ""
) -> Document:
    """Write what the page's API answers at a path, `time` seconds after the profile's start.

    Without a page, or with an unknown one, everything is operational, and `provider` names the
    page's owner. Raises UnknownName for a path that the API does not have.
    """
    book = PageWriter(page.provider if page else provider, profile, incidents(page, time))
    said: dict[str, Any]
    match path.removeprefix("/api/v2/"):
        case "status.json":
            said = {"status": book.status()}
        case "components.json":
            said = {"components": book.components()}
        case "incidents.json":
            said = {"incidents": book.incidents(book.told)}
        case "incidents/unresolved.json":
            said = {"incidents": book.incidents(book.open)}
        case "summary.json":
            said = {
                "components": book.components(),
                "incidents": book.incidents(book.open),
                "scheduled_maintenances": [],
                "status": book.status(),
            }
        case _:
            raise UnknownName("status page path", path, _PATHS)
    return Document({"page": book.page(), **said})


_PATHS = tuple(
    f"/api/v2/{name}.json"
    for name in ("components", "incidents", "incidents/unresolved", "status", "summary")
)
