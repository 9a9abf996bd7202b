"""One window as text: each of its facts with its evidence."""

from __future__ import annotations

from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.model import Profile, Window
from chaos_llm.reports.profiles import wording

_IN_OTHER_ROWS = frozenset(evidence_grades.FACTS) - {"faults", "network", "weights"}


def first_sights(profile: Profile, width: int) -> str:
    """The first faults that a client sees on each surface."""
    first: dict[tuple[str, str], Window] = {}
    for window in sorted(profile.windows, key=lambda window: window.begins):
        for target in window.on if window.simulated else ():
            first.setdefault((target.provider, target.surface), window)
    rows = (
        wording.fact(
            wording.clock(profile, *window.begins),
            f"{provider} {surface}, {wording.percent(window.share.points[0][1])}: "
            f"{wording.faults(window)}",
            width,
        )
        for (provider, surface), window in first.items()
    )
    return "\n".join(["What a client sees first", *rows]) if first else ""


def window(profile: Profile, window: Window, width: int) -> str:
    """All facts of a window."""
    rest = dict(evidence_grades.facts(window))
    excepted = "; ".join(map(wording.target, window.except_))
    load = wording.capacity(window.capacity) if window.capacity else ""
    rows = (
        ("from", ("from",), wording.clock(profile, *window.begins)),
        ("until", ("until",), wording.clock(profile, *window.ends)),
        ("hits", ("on",), "; ".join(map(wording.target, window.on))),
        ("except", ("except",), excepted),
        ("share", ("share",), wording.share(profile, window.share)),
        ("load", ("capacity",), load),
        ("flaps", ("flap",), wording.flap(window.flap) if window.flap else ""),
        ("stickiness", ("sticky_by", "sticky_for"), wording.stickiness(window)),
        (
            "faults",
            tuple(rest.keys() - _IN_OTHER_ROWS),
            wording.faults(window),
        ),
    )
    lines = [window.name if window.simulated else f"{window.name} (documented, not simulated)"]
    for label, keys, text in rows:
        marks = wording.marks(profile, {key: rest[key] for key in sorted(keys) if key in rest})
        if not text or (label == "stickiness" and not marks):
            continue  # a draw for each request is the default
        lines.append(wording.fact(label, f"{text}  {marks}".rstrip(), width))
    if window.note:
        lines.append(wording.fact("note", window.note, width))
    return "\n".join(lines)
