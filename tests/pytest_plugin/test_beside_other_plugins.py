"""The plugin beside others: random order, xdist workers and other clocks change nothing."""

from __future__ import annotations

import re

import pytest
from support.plugin_suites import STORM

pytestmark = pytest.mark.exhaustive(of_file=1)  # each runs pytest in workers

MIX = f"""
    import pytest
    from bot import ask

    @pytest.mark.chaos({STORM!r})
    @pytest.mark.parametrize("number", range(6))
    def test(chaos, number):
        chaos.replay(ask, calls=3, warmup=0, recovery=0)
        lines = [sorted(e.line().items()) for e in chaos.journal]
        print("journal", number, hash_of(lines))

    def hash_of(lines):
        import hashlib
        return hashlib.sha256(repr(lines).encode()).hexdigest()
"""


def journals(result):
    return dict(re.findall(r"journal (\d) (\w+)", result.stdout.str()))


def test_neither_order_nor_worker_changes_a_journal(run):
    alone = journals(run(MIX, "-rP"))
    assert len(alone) == 6
    assert len(set(alone.values())) == 6
    assert journals(run(MIX, "-rP", "-n", "2", subprocess=True)) == alone


def test_random_order_does_not_either(pytester, run):
    alone = journals(run(MIX, "-rP"))
    shuffled = pytester.runpytest_subprocess("-p", "randomly", "-p", "no:cacheprovider", "-rP")
    assert journals(shuffled) == alone


def test_unused_it_is_not_noticed(run):
    result = run(
        """
        import sys

        def test():
            ours = {name for name in sys.modules if name.startswith("chaos_llm.")}
            assert all(name.startswith("chaos_llm.pytest_plugin") for name in ours)
    """,
        subprocess=True,
    )
    result.assert_outcomes(passed=1)
