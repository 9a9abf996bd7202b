"""The records behind a profile: sources, status page posts, and events.

All times are float seconds after the profile's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chaos_llm.code_repr import CodeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Source(CodeRepr):
    """The source of a fact; its kind gives the grade: reported or claimed.

    A "recording" is one of the team's own calls, from which `chaos-llm import` made the profile.
    """

    key: str
    kind: Literal["provider", "monitor", "recording", "press", "user"]
    title: str = ""
    address: str = ""

    @property
    def grade(self) -> Literal["reported", "claimed"]:
        """The grade of facts with this source."""
        return "reported" if self.kind in ("provider", "monitor", "recording") else "claimed"


@dataclass(frozen=True, slots=True, repr=False)
class Post(CodeRepr):
    """One post of a status page; an empty `state` keeps the previous state.

    The same holds for `impact` (none, minor, major or critical) and `components`, the names of the
    affected components. If no post gives them they are assumed: "major", and all components.
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
    """The posts of one provider's status page; `unknown` if none could be found."""

    provider: str
    posts: tuple[Post, ...] = ()
    unknown: bool = False
    evidence: str = "assumed"


@dataclass(frozen=True, slots=True, repr=False)
class Event(CodeRepr):
    """A documented event that is not simulated."""

    at: float
    says: str
    evidence: str = "assumed"
