"""The incidents that a page has posted at a time."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.profiles.model import Post, StatusPage

_CLOSED = ("resolved", "postmortem")


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

    @property
    def impact(self) -> str:
        """Its state in the latest post; empty without one."""
        return next((post.impact for post, _ in reversed(self.posts) if post.impact), "")

    @property
    def components(self) -> tuple[str, ...]:
        """The components that it affects by the latest post; empty without one."""
        said = (post.components for post, _ in reversed(self.posts) if post.components)
        return next(said, ())


def incidents(page: StatusPage | None, time: float) -> tuple[Incident, ...]:
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
