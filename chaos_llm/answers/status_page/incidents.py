"""The incidents on a status page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.profiles.model import Post, StatusPage

_CLOSED = ("resolved", "postmortem")


@dataclass(frozen=True, slots=True)
class Incident:
    """The posts of one incident that have appeared so far, each with the state after it."""

    number: int
    posts: tuple[tuple[Post, str], ...]
    superseded: bool = False

    @property
    def state(self) -> str:
        """The state of the incident: that after its last post."""
        return "resolved" if self.superseded else self.posts[-1][1]

    @property
    def is_open(self) -> bool:
        """Whether the page shows the incident as unresolved."""
        return self.state not in _CLOSED

    @property
    def impact(self) -> str:
        """The impact in the latest post that has one; empty if none has."""
        return next((post.impact for post, _ in reversed(self.posts) if post.impact), "")

    @property
    def components(self) -> tuple[str, ...]:
        """The affected components in the latest post that names any; empty if none does."""
        named = (post.components for post, _ in reversed(self.posts) if post.components)
        return next(named, ())


def incidents(page: StatusPage | None, time: float) -> tuple[Incident, ...]:
    """The incidents of a page at a time, in seconds since the profile's start; the newest first.

    If the last post of an incident is unknown, a later incident that resolves is assumed to have
    closed it too, because no page shows an incident for ever.
    """
    published: dict[int, list[tuple[Post, str]]] = {}
    posts = () if page is None or page.unknown else page.posts
    for post in sorted(posts, key=lambda post: post.at):
        if post.at > time:
            break
        before = published.setdefault(post.incident, [])
        state = post.state or (before[-1][1] if before else "investigating")
        before.append((post, state))
    closed = [number for number, so_far in published.items() if so_far[-1][1] in _CLOSED]
    last_closed = max(closed, default=0)
    return tuple(
        Incident(
            number,
            tuple(published[number]),
            superseded=number < last_closed and number not in closed,
        )
        for number in sorted(published, reverse=True)
    )
