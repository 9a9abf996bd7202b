"""Judging each model of a provider on its own, where an app uses several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Finding

# A part that passes says more than the whole that cannot be judged.
_ORDER = ("fail", "pass", "not judged", "not applicable")


def judged_by_model(run: Run, provider: str, judge: Callable[[Run], Finding]) -> Finding:
    """Judge a provider as a whole, and each of its models and wire formats if the app uses several.

    A model can be down while another one of its provider answers, so the whole hides it. The
    finding is the worst one; it names the model that it is about.
    """
    whole = judge(run)
    if whole.verdict == "fail":
        return whole
    findings = [whole]
    for part in run.parts(provider):
        found = judge(part)
        findings.append(replace(found, seen=f"{found.seen} ({part.part_name})"))
    return min(findings, key=lambda found: _ORDER.index(found.verdict))
