"""Problems as GitLab's code quality report, which merge requests show at the lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from chaos_llm.reports.ci.problems import Problem


def code_quality(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """One entry for each problem; a problem of a whole file is shown at its first line."""
    return [
        {
            "description": problem.message,
            "check_name": problem.rule,
            "fingerprint": problem.fingerprint,
            "severity": "major",
            "location": {
                "path": PurePath(problem.file).as_posix(),
                "lines": {"begin": problem.line or 1},
            },
        }
        for problem in problems
    ]
