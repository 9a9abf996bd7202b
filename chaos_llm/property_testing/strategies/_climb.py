"""How bad an outage was, told to Hypothesis, so that its search climbs towards worse ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import target

if TYPE_CHECKING:
    from chaos_llm.reports.report import Report


def climb(report: Report) -> None:
    """Have Hypothesis look for outages that are worse than this one was, in three ways.

    Longest gap without an answer (seconds), amplification (requests a call), and waste (tokens that
    were billed for answers which never came whole). To be called once in an example, before it can
    fail.
    """
    run = report.run
    lost = (e for e in run.api if not e.ok)
    target(float(report.longest_downtime), label="longest gap")
    target(len(run.api) / max(1, report.calls), label="amplification")
    target(float(sum(e.input_tokens + e.output_tokens for e in lost)), label="waste")
