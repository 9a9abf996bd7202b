"""The posts of a status page that belong to a recording, as a profile's status page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from chaos_llm.profiles.model import Post, StatusPage
from chaos_llm.protocol.redaction import printable, without_shapes
from chaos_llm.recording.recorded_call import RecordedPost
from chaos_llm.recording.vendor_names import named_provider
from chaos_llm.requests.hosts import provider_names
from chaos_llm.synonyms import meant_by

STATES = ("investigating", "identified", "monitoring", "resolved", "postmortem")
_BEFORE, _AFTER = 3600.0, 86_400.0  # seconds around a recording in which an incident belongs to it
_LONGEST = 300  # letters of a post
_MOST_POSTS = 60


def provider_of(post: RecordedPost, providers: Sequence[str]) -> str:
    """The provider whose page a post is on, by the page's address and name; or the only one."""
    host = urlsplit(post.page).hostname or ""
    words = f"{host.replace('.', ' ')} {post.page_name}".casefold()
    meant = [name for name in meant_by(words, provider_names()) if name in providers]
    if meant:
        return meant[0]
    named = named_provider(host.removeprefix("status.").rpartition(".")[0])
    return named or (providers[0] if len(providers) == 1 else "")


def page(
    posts: Sequence[RecordedPost], provider: str, begins: float, ends: float, evidence: str
) -> StatusPage | None:
    """The page, with times since `begins`, of all incidents with a post in the recorded time."""
    within = {p.incident for p in posts if begins - _BEFORE <= p.at <= ends + _AFTER}
    kept = sorted((p for p in posts if p.incident in within), key=lambda each: each.at)
    kept = [p for p in kept if p.at >= begins][:_MOST_POSTS]
    if not kept:
        return None
    numbers = {name: n for n, name in enumerate(dict.fromkeys(p.incident for p in kept), 1)}
    return StatusPage(
        provider,
        tuple(
            Post(
                at=round(post.at - begins, 3),
                state=post.state if post.state in STATES else "",
                says=printable(without_shapes(" ".join(post.says.split())))[:_LONGEST],
                incident=numbers[post.incident],
                evidence=evidence,
                impact=post.impact if post.impact in ("none", "minor", "major", "critical") else "",
                components=post.components,
            )
            for post in kept
        ),
        evidence=evidence,
    )
