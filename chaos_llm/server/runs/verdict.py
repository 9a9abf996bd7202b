"""The findings of checks about a run of a server.

The server sees requests. It knows calls only as far as clients name them (`X-Chaos-Call`, or a
marker in the prompt), and it never sees what an app made of an answer. A check that needs more than
that is "not judged", and says why; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.unserved_requests import divided
from chaos_llm.checks import Finding, standard
from chaos_llm.journal.journal import Exchange
from chaos_llm.reports.requests_only import BY_CALLS, BY_REQUESTS
from chaos_llm.reports.text import findings_text, journal_text, timeline_text
from chaos_llm.requests.correlation import NO_CALL
from chaos_llm.server.runs.runs import ServedRun

_NO_CALLS = (
    "no request names its call; send X-Chaos-Call with each request, or a marker in each prompt"
)
_NO_VALUES = "what the app returned to its users is not seen from here; replay it in a pytest test"
_NO_FAULTS = "no fault was applied to any request; choose another time, profile or provider"
_NOTHING_JUDGED = "no check could judge these requests"


def verdict(served: ServedRun) -> dict[str, Any]:
    """The findings of the standard checks, and pass, fail or "not judged" in all."""
    run = observed(served)
    findings = found(run)
    failed = any(finding.verdict == "fail" for finding in findings)
    judged = any(finding.verdict in ("pass", "fail") for finding in findings)
    why = "" if failed else (_NO_FAULTS if not run.applied else "" if judged else _NOTHING_JUDGED)
    return {
        "run": served.name,
        "verdict": "fail" if failed else "not judged" if why else "pass",
        "why": why,
        "requests": served.journal.count,
        "left out": served.journal.dropped,
        "applied": run.applied,
        "calls": len(run.calls),
        "findings": [asdict(finding) for finding in findings],
        "text": findings_text(findings, run.profile, why, run.secrets),
    }


def found(run: Run) -> list[Finding]:
    """The finding of each standard check, or the reason why it was not judged."""
    findings = []
    for check in standard(run):
        name = getattr(check, "name", repr(check))
        if name in BY_REQUESTS or (name in BY_CALLS and run.calls):
            findings.append(check(run))
            continue
        reason = _NO_CALLS if name in BY_CALLS else _NO_VALUES
        findings.append(Finding(repr(check), "not judged", reason, why=getattr(check, "why", "")))
    return findings


def observed(served: ServedRun) -> Run:
    """The run as checks need it: its requests, and the calls inferred from them."""
    exchanges, unserved = divided(served.journal)
    calls = _calls(exchanges)
    evidence = Evidence(calls, exchanges)
    for call in calls:
        _infer(call, evidence)
    begins = min([served.position, *(exchange.at for exchange in exchanges)])
    ends = max([served.now, begins + 1.0, *(exchange.until for exchange in exchanges)])
    secrets = served.journal.secrets
    known = Run(served.overrides, calls, exchanges, evidence, begins, ends, secrets=secrets)
    return replace(known, unserved=unserved)


def timeline(served: ServedRun, width: int = 100) -> str:
    """A text for a terminal: a timeline if calls are known, else a line for each request."""
    run = observed(served)
    if run.calls:
        return timeline_text(run, width)
    return journal_text(served.journal, run.profile, width)


def _calls(exchanges: Sequence[Exchange]) -> list[Call]:
    """A call for each call number in the requests, from its first request to its last."""
    made: dict[int, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.call != NO_CALL:
            made.setdefault(exchange.call, []).append(exchange)
    return [
        Call(
            number,
            requests[0].user,
            due=requests[0].at,
            prompt="",
            token="",
            fresh=True,
            began=requests[0].at,
            ended=max(exchange.until for exchange in requests),
        )
        for number, requests in made.items()
    ]


def _infer(call: Call, evidence: Evidence) -> None:
    """Infer that a call was answered if its last request was; nothing is known of other calls."""
    last = evidence.of(call)[-1:]
    call.inferred = True
    if last and last[0].ok:
        is_primary = last[0].provider in evidence.primaries
        call.outcome = "primary" if is_primary else "fallback"
