"""Status pages: the answers of Statuspage's API v2 at a time of the profile.

A page changes when the vendor's posts appeared, so it lags behind the outage as the real one did.
"""

from __future__ import annotations

from typing import Any

from chaos_llm.answers.status_page.incidents import Incident, incidents
from chaos_llm.answers.status_page.page_writer import PageWriter
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.model import Profile, StatusPage
from chaos_llm.protocol.messages import Document

__all__ = ["Incident", "PageWriter", "document", "incidents"]


def document(
    page: StatusPage | None, profile: Profile, path: str, time: float, *, provider: str = ""
) -> Document:
    """Answer a path of the page's API, `time` seconds after the profile's start.

    Without a page, or with an unknown one, everything is operational; `provider` then names the
    vendor. Raises UnknownName for a path that the API does not have.
    """
    writer = PageWriter(page.provider if page else provider, profile, incidents(page, time))
    content: dict[str, Any]
    match path.removeprefix("/api/v2/"):
        case "status.json":
            content = {"status": writer.status()}
        case "components.json":
            content = {"components": writer.components()}
        case "incidents.json":
            content = {"incidents": writer.incidents(writer.published)}
        case "incidents/unresolved.json":
            content = {"incidents": writer.incidents(writer.open)}
        case "summary.json":
            content = {
                "components": writer.components(),
                "incidents": writer.incidents(writer.open),
                "scheduled_maintenances": [],
                "status": writer.status(),
            }
        case _:
            raise UnknownName("status page path", path, _PATHS)
    return Document({"page": writer.page(), **content})


_PATHS = tuple(
    f"/api/v2/{name}.json"
    for name in ("components", "incidents", "incidents/unresolved", "status", "summary")
)
