"""What was said about a bad day: sources, posts of status pages, and what stands beside them.

All times are float seconds since the profile's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chaos_llm.code_repr import CodeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Source(CodeRepr):
    """Where a fact comes from; provider and monitor read as reported, press and user as claimed."""

    key: str
    kind: Literal["provider", "monitor", "press", "user"]
    title: str = ""
    address: str = ""

    @property
    def grade(self) -> Literal["reported", "claimed"]:
        """How much its facts weigh."""
        return "reported" if self.kind in ("provider", "monitor") else "claimed"


@dataclass(frozen=True, slots=True, repr=False)
class Post(CodeRepr):
    """One post of a status page; an empty `state` keeps the state before it.

    So do `impact` (none, minor, major or critical) and `components`, the names of what the page
    shows as affected. Where no post says them they are assumed: "major", and all of them.
    """

    at: float
    state: str = ""
    says: str = ""
    incident: int = 1
    evidence: str = "assumed"
    impact: str = ""
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class StatusPage(CodeRepr):
    """What one provider's status page said, and when; `unknown` where no post was found."""

    provider: str
    posts: tuple[Post, ...] = ()
    unknown: bool = False
    evidence: str = "assumed"


@dataclass(frozen=True, slots=True, repr=False)
class Event(CodeRepr):
    """Something told beside the timeline and never played."""

    at: float
    says: str
    evidence: str = "assumed"
