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
from chaos_llm.reports.text import findings_text, journal_text, timeline_text
from chaos_llm.requests.correlation import NO_CALL
from chaos_llm.server.runs.runs import ServedRun

# The checks that look at requests alone, and those that ask which request belongs to which call.
# Whatever is in neither, an installed pack's too, needs to know what the app returned.
_BY_REQUESTS = (
    "auth_failures_are_not_hammered",
    "backs_off",
    "honours_retry_after",
    "refreshes_token_once",
    "retries_stay_under",
    "streams_do_not_hang",
)
_BY_CALLS = (
    "restores_traffic_to",
    "probes_with_one_request",
    "recovers_without_a_herd",
    "returns_to",
    "stops_calling",
)
_NO_CALLS = (
    "no request names its call; send X-Chaos-Call with each request, or a marker in each prompt"
)
_NO_VALUES = "what the app returned to its users is not seen from here; replay it in a pytest test"
_UNTOUCHED = "no fault was applied to any request; choose another time, profile or provider"
_NOTHING = "no check could judge these requests"


def verdict(served: ServedRun) -> dict[str, Any]:
    """The findings of the standard checks, and pass, fail or "not judged" in all."""
    run = observed(served)
    findings = found(run)
    failed = any(finding.verdict == "fail" for finding in findings)
    judged = any(finding.verdict in ("pass", "fail") for finding in findings)
    why = "" if failed else (_UNTOUCHED if not run.applied else "" if judged else _NOTHING)
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
    """What each standard check finds, or why it cannot."""
    findings = []
    for check in standard(run):
        name = getattr(check, "name", repr(check))
        if name in _BY_REQUESTS or (name in _BY_CALLS and run.calls):
            findings.append(check(run))
            continue
        reason = _NO_CALLS if name in _BY_CALLS else _NO_VALUES
        findings.append(Finding(repr(check), "not judged", reason, why=getattr(check, "why", "")))
    return findings


def observed(served: ServedRun) -> Run:
    """The run as checks look at it: its requests, and calls put together from them."""
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
    """What happened, for a terminal: drawn over time where calls are known, else line by line."""
    run = observed(served)
    if run.calls:
        return timeline_text(run, width)
    return journal_text(served.journal, run.profile, width)


def _calls(exchanges: Sequence[Exchange]) -> list[Call]:
    """A call for each number that requests carry, from its first request to its last."""
    made: dict[int, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.call != NO_CALL:
            made.setdefault(exchange.call, []).append(exchange)
    return [
        Call(
            number,
            theirs[0].user,
            due=theirs[0].at,
            prompt="",
            token="",
            fresh=True,
            began=theirs[0].at,
            ended=max(exchange.until for exchange in theirs),
        )
        for number, theirs in made.items()
    ]


def _infer(call: Call, evidence: Evidence) -> None:
    """An answered last request is taken for an answered call; of others nothing is known."""
    last = evidence.of(call)[-1:]
    call.inferred = True
    if last and last[0].ok:
        usual = last[0].provider in evidence.primaries
        call.outcome = "primary" if usual else "fallback"
