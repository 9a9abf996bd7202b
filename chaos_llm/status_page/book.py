"""Writes one page at one time, as JSON-able objects.

What no post says is assumed: an open incident has the impact "major" and touches every component.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from chaos_llm.dice import Die
from chaos_llm.status_page.faces import FACES, Face
from chaos_llm.status_page.incidents import Incident
from chaos_llm.timeline import Post, Profile

_IMPACT = "major"  # assumed: profiles do not carry one
_SAYS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
# assumed: how an incident's state colours the components
_COMPONENT_STATES = {"monitoring": "degraded_performance"}
_OUTAGE = "partial_outage"
_SEVERITY = ("operational", "degraded_performance", "partial_outage")
_NAMELESS = "Elevated errors"  # assumed: the title of a post whose words were not found
_DAY = 86400.0  # a page that has said nothing yet was last touched the day before
_LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"


class Book:
    """Writes one page at one time, as JSON-able objects."""

    def __init__(self, provider: str, profile: Profile, told: tuple[Incident, ...]) -> None:
        self.provider, self.profile, self.told = provider, profile, told
        self.face = FACES.get(provider) or Face(provider, "", ("API",))
        self.open = tuple(incident for incident in told if incident.is_open)

    def page(self) -> dict[str, Any]:
        last = max((incident.posts[-1][0].at for incident in self.told), default=-_DAY)
        return {
            "id": self._id(self.face.name),
            "name": self.face.name,
            "url": self.face.url,
            "time_zone": "Etc/UTC",
            "updated_at": self._date(last),
        }

    def status(self) -> dict[str, str]:
        indicator = _IMPACT if self.open else "none"
        return {"indicator": indicator, "description": _SAYS[indicator]}

    def components(self) -> list[dict[str, Any]]:
        states = {_COMPONENT_STATES.get(incident.state, _OUTAGE) for incident in self.open}
        state = max(states, key=_SEVERITY.index, default="operational")
        since = max((incident.posts[0][0].at for incident in self.told), default=-_DAY)
        return [
            {
                "id": self._id(name),
                "name": name,
                "status": state,
                "created_at": self._date(-_DAY),
                "updated_at": self._date(since),
                "position": position,
                "description": None,
                "showcase": True,
                "start_date": None,
                "group_id": None,
                "page_id": self._id(self.face.name),
                "group": False,
                "only_show_if_degraded": False,
            }
            for position, name in enumerate(self.face.components, start=1)
        ]

    def incidents(self, shown: tuple[Incident, ...]) -> list[dict[str, Any]]:
        return [self._incident(incident) for incident in shown]

    def _incident(self, incident: Incident) -> dict[str, Any]:
        key = self._id("incident", self.profile.name, incident.number)
        began, last = incident.posts[0][0], incident.posts[-1][0]
        told_at = {state: self._date(post.at) for post, state in incident.posts}
        resolved = self._date(last.at) if not incident.is_open else None
        return {
            "id": key,
            "name": next((post.says for post, _ in incident.posts if post.says), _NAMELESS),
            "status": incident.state,
            "created_at": self._date(began.at),
            "updated_at": self._date(last.at),
            "monitoring_at": told_at.get("monitoring"),
            "resolved_at": resolved,
            "impact": _IMPACT,
            "shortlink": f"{self.face.url}/incidents/{key}",
            "started_at": self._date(began.at),
            "page_id": self._id(self.face.name),
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
        known = dict(self.face.ids).get(str(key[0])) if len(key) == 1 else None
        return known or Die("status page", self.provider, *key).letters(12, _LETTERS)
