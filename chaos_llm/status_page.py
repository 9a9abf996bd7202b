"""What a status page says at a time: it lags behind the outage, as its posts did.

The shape is Statuspage's API v2 (summary, status, components, incidents). What no post says is
assumed: an open incident has the impact "major" and touches every component.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from chaos_llm.dice import Die
from chaos_llm.errors import UnknownName
from chaos_llm.model import Document
from chaos_llm.timeline import Page, Post, Profile

_IMPACT = "major"  # assumed: profiles do not carry one
_SAYS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
_CLOSED = ("resolved", "postmortem")
# assumed: how an incident's state colours the components
_COMPONENT_STATES = {"monitoring": "degraded_performance"}
_OUTAGE = "partial_outage"
_SEVERITY = ("operational", "degraded_performance", "partial_outage")
_NAMELESS = "Elevated errors"  # assumed: the title of a post whose words were not found
_DAY = 86400.0  # a page that has said nothing yet was last touched the day before
_LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class _Face:
    """A page's name, address and components; ids that the public page shows are its own."""

    name: str
    url: str
    components: tuple[str, ...]
    ids: tuple[tuple[str, str], ...] = ()


_FACES = {
    "anthropic": _Face(
        "Claude",
        "https://status.claude.com",
        (
            "claude.ai",
            "Claude Console (platform.claude.com)",
            "Claude API (api.anthropic.com)",
            "Claude Code",
            "Claude Cowork",
            "Claude for Government",
        ),
        (
            ("Claude", "tymt9n04zgry"),
            ("claude.ai", "rwppv331jlwc"),
            ("Claude API (api.anthropic.com)", "k8w3r06qmzrp"),
            ("Claude Code", "yyzkbfz2thpt"),
        ),
    ),
    # assumed: the real page has many more components
    "openai": _Face("OpenAI", "https://status.openai.com", ("API", "ChatGPT")),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """The posts of one incident that are out so far, each with the state it left."""

    number: int
    posts: tuple[tuple[Post, str], ...]
    superseded: bool = False

    @property
    def state(self) -> str:
        """Where the incident stands: its last post's state."""
        return "resolved" if self.superseded else self.posts[-1][1]

    @property
    def is_open(self) -> bool:
        """Whether the page still shows it as going on."""
        return self.state not in _CLOSED


def incidents(page: Page | None, time: float) -> tuple[Incident, ...]:
    """The incidents of a page at a time, in seconds since the profile's start; the newest first.

    Where the last post of an incident was not found, a later incident that resolves is assumed to
    have closed it too: pages do not stay red for ever.
    """
    told: dict[int, list[tuple[Post, str]]] = {}
    posts = () if page is None or page.unknown else page.posts
    for post in sorted(posts, key=lambda post: post.at):
        if post.at > time:
            break
        before = told.setdefault(post.incident, [])
        state = post.state or (before[-1][1] if before else "investigating")
        before.append((post, state))
    closed = [number for number, so_far in told.items() if so_far[-1][1] in _CLOSED]
    last_closed = max(closed, default=0)
    return tuple(
        Incident(
            number,
            tuple(told[number]),
            superseded=number < last_closed and number not in closed,
        )
        for number in sorted(told, reverse=True)
    )


def document(
    page: Page | None, profile: Profile, path: str, time: float, *, provider: str = ""
) -> Document:
    """Write what the page's API answers at a path, `time` seconds after the profile's start.

    Without a page, or with an unknown one, everything is operational; `provider` says then whose
    page it is. Raises UnknownName for a path that the API does not have.
    """
    book = _Book(page.provider if page else provider, profile, incidents(page, time))
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


class _Book:
    """Writes one page at one time, as JSON-able objects."""

    def __init__(self, provider: str, profile: Profile, told: tuple[Incident, ...]) -> None:
        self.provider, self.profile, self.told = provider, profile, told
        self.face = _FACES.get(provider) or _Face(provider, "", ("API",))
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
