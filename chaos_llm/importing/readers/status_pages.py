"""Incidents of status pages as JSON: Statuspage v2 (/api/v2/incidents.json) and incident.io.

https://metastatuspage.com/api and https://api-docs.incident.io/ (its pages' own JSON has `updates`
with `to_status` and `published_at`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import RecordedPost

_LISTS = ("incidents", "ongoing_incidents")
_UPDATES = ("incident_updates", "updates")
_TIMES = ("display_at", "published_at", "created_at", "updated_at")
_STATES = ("status", "to_status", "new_incident_status")
_TEXTS = ("body", "message_string", "message", "text")
_IMPACTS = {  # what incident.io calls the state of a component
    "operational": "none",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "full_outage": "critical",
    "major_outage": "critical",
}

_STATE_NAMES = {"triage": "investigating", "fixing": "identified", "closed": "resolved"}


class StatusPages:
    """Reads the posts of all incidents of a page."""

    name = "statuspage"
    reads = "incidents of Statuspage v2 and incident.io (JSON)"

    def recognises(self, file: RecordedFile) -> bool:
        head = file.head
        if head.lstrip()[:1] not in ("{", "["):
            return False
        if '"page"' in head and '"time_zone"' in head:
            return True  # a summary may have more components than fit into the beginning
        if head.lstrip()[:1] == "[":  # incidents, as the API of Statuspage's customers lists them
            return '"incident_updates"' in head
        has_list = any(f'"{name}"' in head for name in (*_LISTS, "incident", "incident_id"))
        return has_list and any(f'"{name}"' in head for name in (*_UPDATES, "last_update_at"))

    def read(self, file: RecordedFile) -> Iterator[RecordedPost]:
        document = file.document()
        if isinstance(document, list):
            document = {"incidents": document}
        if not isinstance(document, dict):
            return
        if isinstance(document.get("summary"), dict):  # of a page of incident.io
            document = document["summary"]
        page = document.get("page") or {}
        about = str(page.get("url") or document.get("page_url") or document.get("public_url") or "")
        title = str(page.get("name") or document.get("page_title") or document.get("name") or "")
        for number, incident in enumerate(_incidents(document), 1):
            try:
                yield from _posts(incident, number, about, title)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no incident: {error!r:.120}")


def _incidents(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in _LISTS:
        yield from document.get(name) or ()
    single = document.get("incident")
    if isinstance(single, dict):
        yield single
    of_api: dict[str, list[Any]] = {}  # the updates of all incidents, as incident.io's API has them
    for update in document.get("incident_updates") or ():
        of_api.setdefault(str(update.get("incident_id") or ""), []).append(update)
    for incident, updates in of_api.items():
        yield {"id": incident, "updates": updates}


def _posts(
    incident: Mapping[str, Any], number: int, page: str, title: str
) -> Iterator[RecordedPost]:
    updates = next((incident[name] for name in _UPDATES if incident.get(name)), None)
    if not updates:  # incident.io's widget has the last update only
        updates = [
            {
                "published_at": incident.get("last_update_at") or incident.get("published_at"),
                "status": incident.get("status"),
                "message_string": incident.get("last_update_message") or incident.get("name"),
            }
        ]
    impact = str(incident.get("impact") or incident.get("current_worst_impact") or "")
    for update in updates:
        state = _first(update, _STATES)
        if isinstance(state, dict):
            state = state.get("name")
        text = _first(update, _TEXTS)
        yield RecordedPost(
            at=moments.moment(_first(update, _TIMES)),
            incident=str(incident.get("id") or number),
            state=_STATE_NAMES.get(str(state or "").casefold(), str(state or "").casefold()),
            says=text if isinstance(text, str) else str(incident.get("name") or ""),
            impact=_IMPACTS.get(impact, impact),
            components=_components(incident, update),
            page=page,
            page_name=title,
        )


def _first(update: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((update[name] for name in names if update.get(name)), None)


def _components(incident: Mapping[str, Any], update: Mapping[str, Any]) -> tuple[str, ...]:
    listed = (
        update.get("affected_components")
        or incident.get("components")
        or incident.get("affected_components")
        or ()
    )
    names = (each.get("name") for each in listed if isinstance(each, dict))
    return tuple(dict.fromkeys(str(name) for name in names if name))
