"""Acme is asked."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.analysis.run import Run
from chaos_llm.checks import Check, Finding


@dataclass(frozen=True, repr=False)
class AsksAcme(Check):
    """Acme is asked at least once."""

    why = "who is paid should be asked"

    def __call__(self, run: Run) -> Finding:
        sent = len(run.to("acme"))
        return self.passed(f"{sent} requests to Acme") if sent else self.failed("nobody asked")
