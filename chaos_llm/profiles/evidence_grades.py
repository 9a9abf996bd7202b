"""The evidence for a profile's numbers, graded: reported, claimed or assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from chaos_llm.profiles.model import Profile, Source, Window

EvidenceGrade = Literal["assumed", "claimed", "reported"]

ASSUMED = "assumed"
EVIDENCE_GRADES: tuple[EvidenceGrade, ...] = ("assumed", "claimed", "reported")  # the weakest first
FACTS = (
    *("from", "until", "on", "except", "share", "sticky_by", "sticky_for", "flap", "capacity"),
    *("faults", "network", "weights"),
)


def facts(window: Window) -> dict[str, tuple[str, ...]]:
    """The evidence for each fact of a window; in a window without evidence all is assumed.

    Several sources for a share that has several points belong to the points, in order. Elsewhere
    several sources support one fact together.
    """
    if window.evidence:
        return {fact: _several(evidence) for fact, evidence in window.evidence.items()}
    return {fact: (ASSUMED,) for fact in FACTS if _has(window, fact)}


def grade(sources: Mapping[str, Source], evidence: str | Iterable[str]) -> EvidenceGrade:
    """The grade of a fact: that of its weakest source."""
    grades: list[EvidenceGrade] = [
        "assumed" if key == ASSUMED else sources[key].grade for key in _several(evidence)
    ]
    return min(grades, key=EVIDENCE_GRADES.index)


def counted(profile: Profile) -> Counter[EvidenceGrade]:
    """The number of simulated facts with each grade."""
    return Counter(_simulated_facts(profile))


def assumed_share(profile: Profile) -> float:
    """The share of a profile's simulated facts that are assumed, from 0 to 1.

    Windows that are documented but not simulated do not count, nor do status page posts and
    events: their well-known times do not make an assumed error rate any better known.
    """
    grades = list(_simulated_facts(profile))
    return grades.count("assumed") / len(grades) if grades else 0.0


def _simulated_facts(profile: Profile) -> Iterator[EvidenceGrade]:
    """The grade of every fact that a replay simulates."""
    for window in profile.windows:
        if window.simulated:
            for fact, evidence in facts(window).items():
                each_point = fact == "share" and len(evidence) == len(window.share.points)
                for counted in evidence if each_point else (evidence,):
                    yield grade(profile.sources, counted)
    for latency in profile.baseline.values():
        yield grade(profile.sources, latency.evidence)
        for _, of_model in latency.models:
            yield grade(profile.sources, of_model.evidence)
    for edge in profile.edges.values():
        yield grade(profile.sources, edge.evidence)
    for allowance in profile.quotas.values():
        yield grade(profile.sources, allowance.evidence)


def _several(evidence: str | Iterable[str]) -> tuple[str, ...]:
    return (evidence,) if isinstance(evidence, str) else tuple(evidence)


def _has(window: Window, fact: str) -> bool:
    optional = {
        "sticky_by": window.sticky_by != "request",
        "sticky_for": window.sticky_for is not None,
        "weights": len(window.faults) > 1,
        "except": bool(window.except_),
        "flap": window.flap is not None,
        "capacity": window.capacity is not None,
        "network": bool(window.network),
        "faults": not window.network,
    }
    return optional.get(fact, True)
