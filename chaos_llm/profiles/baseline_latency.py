"""What a provider is like on any day: its pace, what it allows, what it stands behind."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from chaos_llm.code_repr import CodeRepr
from chaos_llm.protocol.rate_limits import Quota


@dataclass(frozen=True, slots=True, repr=False)
class HealthyLatency(CodeRepr):
    """How fast a healthy provider is: seconds to the first token, and between tokens.

    `models` are those that have a pace of their own, by name or glob; the first that fits counts.
    """

    first_token: float = 0.0
    token: float = 0.0
    evidence: str = "assumed"
    models: tuple[tuple[str, HealthyLatency], ...] = ()

    def of(self, model: str) -> HealthyLatency:
        """The pace of one model."""
        fitting = (pace for name, pace in self.models if fnmatchcase(model, name))
        return next(fitting, self)


@dataclass(frozen=True, slots=True, repr=False)
class Allowance(CodeRepr):
    """What a provider lets each credential ask for, on a healthy day too."""

    quota: Quota
    evidence: str = "assumed"


@dataclass(frozen=True, slots=True, repr=False)
class Edge(CodeRepr):
    """What several providers stand behind, so that they fail together."""

    name: str
    providers: tuple[str, ...]
    evidence: str = "assumed"
