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
    *("from", "until", "on", "spares", "share", "per", "sticky_for", "flap", "capacity"),
    *("mix", "network", "weights"),
)


def facts(window: Window) -> dict[str, tuple[str, ...]]:
    """What each fact of a window rests on; of a window without a basis all is assumed.

    Several sources of a share's line stand for its points, in order; elsewhere they stand
    together for one fact.
    """
    if window.basis:
        return {fact: _several(basis) for fact, basis in window.basis.items()}
    return {fact: (ASSUMED,) for fact in FACTS if _says(window, fact)}


def grade(sources: Mapping[str, Source], basis: str | Iterable[str]) -> EvidenceGrade:
    """How much a fact weighs: as much as the weakest of what it rests on."""
    grades: list[EvidenceGrade] = [
        "assumed" if key == ASSUMED else sources[key].grade for key in _several(basis)
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
        if window.played:
            for fact, basis in facts(window).items():
                each_point = fact == "share" and len(basis) == len(window.share.points)
                for counted in basis if each_point else (basis,):
                    yield grade(profile.sources, counted)
    for pace in profile.healthy.values():
        yield grade(profile.sources, pace.basis)
        for _, of_model in pace.models:
            yield grade(profile.sources, of_model.basis)
    for edge in profile.edges.values():
        yield grade(profile.sources, edge.basis)
    for allowance in profile.quotas.values():
        yield grade(profile.sources, allowance.basis)


def _several(basis: str | Iterable[str]) -> tuple[str, ...]:
    return (basis,) if isinstance(basis, str) else tuple(basis)


def _says(window: Window, fact: str) -> bool:
    optional = {
        "per": window.per != "request",
        "sticky_for": window.sticky_for is not None,
        "weights": len(window.mix) > 1,
        "spares": bool(window.spares),
        "flap": window.flap is not None,
        "capacity": window.capacity is not None,
        "network": bool(window.network),
        "mix": not window.network,
    }
    return optional.get(fact, True)
