"""What `report.check()` says where it fails: what failed in full, and the rest in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chaos_llm.analysis.first_requests import first_request
from chaos_llm.analysis.run import Run
from chaos_llm.checks import Finding
from chaos_llm.checks.check import Verdict
from chaos_llm.reports.masking import shown

_INDENT = " " * 5  # columns; below the check's name
_MANY = 3  # checks with one reason, which is then said once
_COUNTED: dict[Verdict, str] = {
    "fail": "failed",
    "pass": "passed",
    "not judged": "not judged",
    "not applicable": "not applicable",
}


def failed_check_text(
    findings: Sequence[Finding], run: Run, problem: str = "", *, is_explained: bool = False
) -> str:
    """The problem, the failing findings in full, and how many others there are.

    If none fails, and the problem explains nothing, those that could not be judged are shown in
    full, as they are the reason.
    """
    in_full = [finding for finding in findings if finding.verdict == "fail"]
    if not in_full and not is_explained:
        in_full = [finding for finding in findings if finding.verdict == "not judged"]
    lines = [problem] if problem else []
    unjudged = [finding for finding in in_full if finding.verdict == "not judged"]
    reasons = Counter(finding.seen for finding in unjudged)
    for finding in in_full:
        if reasons[finding.seen] < _MANY:
            lines += _in_full(finding, run)
    for reason, count in reasons.items():
        if count >= _MANY:
            names = (f.check.partition("(")[0] for f in unjudged if f.seen == reason)
            lines.append(f"NOT JUDGED {count} checks: {reason} ({', '.join(dict.fromkeys(names))})")
    rest = Counter(f.verdict for f in findings if not any(f is each for each in in_full))
    if rest:
        counts = (f"{rest[verdict]} {word}" for verdict, word in _COUNTED.items() if rest[verdict])
        has = "has it" if rest.total() == 1 else "has them"
        lines.append(f"{', '.join(counts)}; report.findings {has}")
    return shown("\n".join(lines), run.secrets)


def _in_full(finding: Finding, run: Run) -> list[str]:
    at = finding.at
    when = "" if at is None else f" at {run.profile.when(at):%d %b %H:%M:%S} UTC"
    lines = [f"{finding.verdict.upper()} {finding.check}: {finding.seen}{when}"]
    if finding.verdict != "fail":
        return lines
    if first := first_request(run, at, f"{finding.check}: {finding.seen}"):
        lines.append(f"{_INDENT}first: {first}")
    if finding.why:
        lines.append(f"{_INDENT}why it matters: {finding.why}")
    return lines
