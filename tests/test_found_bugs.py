"""Bugs that are met in production are found by `report.check()` without arguments."""

from __future__ import annotations

import pytest
from support.apps.buggy import BUGGY

from chaos_llm import outage
from chaos_llm.checks import standard

IN_EACH_RUN = ("a worker that dies", "cancellations are caught", "half an answer and another")


@pytest.mark.parametrize(
    "app",
    [n if n in IN_EACH_RUN else pytest.param(n, marks=pytest.mark.exhaustive) for n in BUGGY],
)
def test_a_bug_is_found_by_a_default_check(app):
    buggy = BUGGY[app]
    with outage("every-failure-in-turn", seed=5) as chaos:
        run = chaos.replay(buggy.make(), **({"calls": 120} | buggy.options)).run
    failed = [finding.check for check in standard(run) if (finding := check(run)).verdict == "fail"]
    assert buggy.check in {check.partition("(")[0] for check in failed}
