"""Writes a status page at one time, as objects for JSON.

Where no post has the information, it is assumed: an open incident has the impact "major" and
affects every component.
An incident whose impact is "none" leaves the page green while it is open, as on 15 April 2026.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from chaos_llm.answers.status_page.incidents import Incident
from chaos_llm.answers.status_page.vendor_pages import VENDOR_PAGES, VendorPage
from chaos_llm.profiles.model import Post, Profile
from chaos_llm.protocol.keyed_random import KeyedRandom

_IMPACT = "major"  # assumed if no post has an impact
_DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
# assumed: the states of the components by the incident's impact, and while it is monitored
_COMPONENT_STATES = {
    "none": "operational",
    "minor": "degraded_performance",
    "major": "partial_outage",
    "critical": "major_outage",
}
_MONITORED = "degraded_performance"
_SEVERITY = ("operational", "degraded_performance", "partial_outage", "major_outage")
_NAMELESS = "Elevated errors"  # assumed: the title of an incident whose posts have no known text
_DAY = 86400.0  # seconds; a page without posts was last updated the day before
_LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"


class PageWriter:
    """Writes one page at one time, as objects for JSON."""

    def __init__(self, provider: str, profile: Profile, published: tuple[Incident, ...]) -> None:
        self.provider, self.profile, self.published = provider, profile, published
        self.vendor_page = VENDOR_PAGES.get(provider) or VendorPage(provider, "", ("API",))
        self.open = tuple(incident for incident in published if incident.is_open)

    def page(self) -> dict[str, Any]:
        last = max((incident.posts[-1][0].at for incident in self.published), default=-_DAY)
        return {
            "id": self._id(self.vendor_page.name),
            "name": self.vendor_page.name,
            "url": self.vendor_page.url,
            "time_zone": "Etc/UTC",
            "updated_at": self._date(last),
        }

    def status(self) -> dict[str, str]:
        impacts = [incident.impact or _IMPACT for incident in self.open]
        indicator = max(impacts, key=tuple(_DESCRIPTIONS).index, default="none")
        return {"indicator": indicator, "description": _DESCRIPTIONS[indicator]}

    def components(self) -> list[dict[str, Any]]:
        named = (name for incident in self.published for name in incident.components)
        names = dict.fromkeys((*self.vendor_page.components, *named))
        return [self._component(name, position) for position, name in enumerate(names, start=1)]

    def _component(self, name: str, position: int) -> dict[str, Any]:
        affecting = [each for each in self.published if name in (each.components or (name,))]
        states = [_component_state(incident) for incident in affecting if incident.is_open]
        since = max((incident.posts[0][0].at for incident in affecting), default=-_DAY)
        return {
            "id": self._id(name),
            "name": name,
            "status": max(states, key=_SEVERITY.index, default="operational"),
            "created_at": self._date(-_DAY),
            "updated_at": self._date(since),
            "position": position,
            "description": None,
            "showcase": True,
            "start_date": None,
            "group_id": None,
            "page_id": self._id(self.vendor_page.name),
            "group": False,
            "only_show_if_degraded": False,
        }

    def incidents(self, shown: tuple[Incident, ...]) -> list[dict[str, Any]]:
        return [self._incident(incident) for incident in shown]

    def _incident(self, incident: Incident) -> dict[str, Any]:
        key = self._id("incident", self.profile.name, incident.number)
        began, last = incident.posts[0][0], incident.posts[-1][0]
        time_of = {state: self._date(post.at) for post, state in incident.posts}
        resolved = self._date(last.at) if not incident.is_open else None
        return {
            "id": key,
            "name": next((post.says for post, _ in incident.posts if post.says), _NAMELESS),
            "status": incident.state,
            "created_at": self._date(began.at),
            "updated_at": self._date(last.at),
            "monitoring_at": time_of.get("monitoring"),
            "resolved_at": resolved,
            "impact": incident.impact or _IMPACT,
            "shortlink": f"{self.vendor_page.url}/incidents/{key}",
            "started_at": self._date(began.at),
            "page_id": self._id(self.vendor_page.name),
            "incident_updates": [
                self._update(key, number, post, state)
                for number, (post, state) in reversed(list(enumerate(incident.posts)))
            ],
            "components": [],
        }

    def _update(self, incident: str, number: int, post: Post, state: str) -> dict[str, Any]:
        date = self._date(post.at)
        return {
            "id": self._id("update", incident, number),
            "status": state,
            "body": post.says,
            "incident_id": incident,
            "created_at": date,
            "updated_at": date,
            "display_at": date,
            "affected_components": None,
            "deliver_notifications": True,
        }

    def _date(self, time: float) -> str:
        moment = self.profile.when(time).astimezone(UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def _id(self, *key: object) -> str:
        known = dict(self.vendor_page.ids).get(str(key[0])) if len(key) == 1 else None
        return known or KeyedRandom("status page", self.provider, *key).letters(12, _LETTERS)


def _component_state(incident: Incident) -> str:
    """The state of a component that an open incident affects."""
    state = _COMPONENT_STATES[incident.impact or _IMPACT]
    if incident.state != "monitoring":
        return state
    return min(state, _MONITORED, key=_SEVERITY.index)
