"""Properties of a provider without an outage: its latency, its rate limits, its edge network."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from chaos_llm.code_repr import CodeRepr
from chaos_llm.protocol.rate_limits import Quota


@dataclass(frozen=True, slots=True, repr=False)
class HealthyLatency(CodeRepr):
    """The latency of a healthy provider: seconds to the first token, and between tokens.

    `models` has the latencies of single models, by name or glob; the first match counts.
    """

    first_token: float = 0.0
    token: float = 0.0
    evidence: str = "assumed"
    models: tuple[tuple[str, HealthyLatency], ...] = ()

    def of(self, model: str) -> HealthyLatency:
        """The latency of one model."""
        matching = (latency for name, latency in self.models if fnmatchcase(model, name))
        return next(matching, self)


@dataclass(frozen=True, slots=True, repr=False)
class Allowance(CodeRepr):
    """A provider's rate limit for each credential; it also holds while the provider is healthy."""

    quota: Quota
    evidence: str = "assumed"


@dataclass(frozen=True, slots=True, repr=False)
class Edge(CodeRepr):
    """A CDN or proxy that several providers share, so that they fail together."""

    name: str
    providers: tuple[str, ...]
    evidence: str = "assumed"
