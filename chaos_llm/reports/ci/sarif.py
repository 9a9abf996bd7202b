"""Problems as SARIF 2.1.0, which GitHub's code scanning, GitLab and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from chaos_llm.reports.ci.problems import Problem

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """One run of chaos_llm, with a rule for each check and a result for each problem."""
    rules = {problem.rule: _rule(problem) for problem in problems}
    driver = {
        "name": "chaos_llm",
        "version": version("chaos_llm"),
        "rules": list(rules.values()),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(problem: Problem) -> dict[str, Any]:
    words = problem.rule.replace("_", " ")
    why = problem.why or "A test with an outage failed."
    return {
        "id": problem.rule,
        "shortDescription": {"text": f"{words[:1].upper()}{words[1:]}"},
        "fullDescription": {"text": f"{why[:1].upper()}{why[1:]}"},
    }


def _result(problem: Problem) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(problem.file), "uriBaseId": "%SRCROOT%"}
    }
    if problem.line:
        place["region"] = {"startLine": problem.line}
    return {
        "ruleId": problem.rule,
        "level": "error",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"chaosLlm/v1": problem.fingerprint},
    }


def _uri(file: str) -> str:
    return quote(PurePath(file).as_posix())
