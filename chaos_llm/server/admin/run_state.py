"""A run and its windows as JSON."""

from __future__ import annotations

from dataclasses import fields
from math import isfinite
from typing import Any

from chaos_llm.decisions.plan import PlacedWindow
from chaos_llm.server.runs.runs import ServedRun


def run_state(run: ServedRun) -> dict[str, Any]:
    """Where a run is; times are seconds of the profile."""
    journal, profile, at = run.journal, run.plan.profile, run.now
    due = run.clock.next_due
    return {
        "run": run.name,
        "profile": profile.name,
        "title": profile.title,
        "seed": run.plan.seed,
        "strict": run.beginning.strict,
        "beginnings": run.beginnings,
        "clock": {
            "kind": {0.0: "manual", 1.0: "real"}.get(run.clock.rate, "scaled"),
            "speed": run.clock.rate,
            "now": round(at, 6),
            "date": profile.when(at).isoformat(),
            "next": round(run.position + due, 6) if isfinite(due) else None,
        },
        "ends": profile.ends,
        "open": [placed.window.name for placed in run.plan.open_at(at)],
        "requests": journal.count,
        "applied": journal.applied,
        "waiting": len(run.waiting),
        "journal": {"kept": len(journal), "dropped": journal.dropped},
    }


def window_state(run: ServedRun, placed: PlacedWindow) -> dict[str, Any]:
    """One window: when, for which targets, with which share and which faults."""
    window, at = placed.window, run.now
    return {
        "name": window.name,
        "from": placed.begins,
        "until": placed.ends,
        "on": [
            {
                field.name: value
                for field in fields(target)
                if (value := getattr(target, field.name)) not in ("", None)
            }
            for target in window.on
        ],
        "share": placed.share(at if placed.begins <= at < placed.ends else placed.begins),
        "sticky_by": window.sticky_by,
        "sticky_for": window.sticky_for,
        "faults": [repr(weighted.fault) for weighted in window.faults],
        "note": window.note,
        "healed": [
            f"{target.provider} {target.surface}"
            for target in window.on
            if placed.begins <= at
            and run.overrides.is_healed(placed, target.provider, at, target.surface)
        ],
        "state": "open"
        if placed.begins <= at < placed.ends
        else ("over" if at >= placed.ends else "ahead"),
    }
