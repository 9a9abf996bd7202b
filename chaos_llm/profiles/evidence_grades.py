"""What a profile's numbers rest on: reported, claimed or assumed."""

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
    """What each fact of a window rests on; of a window without a evidence all is assumed.

    Several sources of a share's line stand for its points, in order; elsewhere they stand
    together for one fact.
    """
    if window.evidence:
        return {fact: _several(evidence) for fact, evidence in window.evidence.items()}
    return {fact: (ASSUMED,) for fact in FACTS if _says(window, fact)}


def grade(sources: Mapping[str, Source], evidence: str | Iterable[str]) -> EvidenceGrade:
    """How much a fact weighs: as much as the weakest of what it rests on."""
    grades: list[EvidenceGrade] = [
        "assumed" if key == ASSUMED else sources[key].grade for key in _several(evidence)
    ]
    return min(grades, key=EVIDENCE_GRADES.index)


def counted(profile: Profile) -> Counter[EvidenceGrade]:
    """How many of the facts that a replay plays have each grade."""
    return Counter(_played(profile))


def assumed_share(profile: Profile) -> float:
    """The share, from 0 to 1, of the facts a replay plays that are assumed.

    Windows that are told and not played do not count, nor do posts and asides: well-known times
    around the timeline do not make an assumed error rate any better known.
    """
    grades = list(_played(profile))
    return grades.count("assumed") / len(grades) if grades else 0.0


def _played(profile: Profile) -> Iterator[EvidenceGrade]:
    for window in profile.windows:
        if window.simulated:
            for fact, evidence in facts(window).items():
                each_point = fact == "share" and len(evidence) == len(window.share.points)
                for counted in evidence if each_point else (evidence,):
                    yield grade(profile.sources, counted)
    for pace in profile.baseline.values():
        yield grade(profile.sources, pace.evidence)
        for _, of_model in pace.models:
            yield grade(profile.sources, of_model.evidence)
    for edge in profile.edges.values():
        yield grade(profile.sources, edge.evidence)
    for allowance in profile.quotas.values():
        yield grade(profile.sources, allowance.evidence)


def _several(evidence: str | Iterable[str]) -> tuple[str, ...]:
    return (evidence,) if isinstance(evidence, str) else tuple(evidence)


def _says(window: Window, fact: str) -> bool:
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
