"""Where a test's seed comes from, and where it is said."""

from __future__ import annotations

import re

import pytest
from support.plugin_suites import STORM

SEEN = """
    def test_a(chaos):
        print("seed", "a", chaos.seed)

    def test_b(chaos):
        print("seed", "b", chaos.seed)
"""


def seeds(result):
    return dict(re.findall(r"seed (\w) (\d+)", result.stdout.str()))


def test_follows_from_the_node_id(run):
    first = seeds(run(SEEN, "-s"))
    assert seeds(run(SEEN, "-s")) == first
    assert first["a"] != first["b"]


def test_is_set_for_all(run):
    result = run(SEEN, "-s", "--chaos-seed=7")
    assert seeds(result) == {"a": "7", "b": "7"}
    result.stdout.fnmatch_lines(["chaos_llm: --chaos-seed=7"])


def test_random_is_one_seed_shown_in_the_header(run):
    result = run(SEEN, "-s", "--chaos-seed=random")
    text = re.search(r"chaos_llm: --chaos-seed=(\d+)", result.stdout.str())[1]
    assert seeds(result) == {"a": text, "b": text}


def test_random_is_one_seed_in_all_workers(run):
    """The controller draws the seed, and the failures show it."""
    failing = "\n".join(f"def test_{n}(chaos): assert not chaos.seed" for n in range(4))
    result = run(failing, "-n", "2", "--chaos-seed=random", subprocess=True)
    result.assert_outcomes(failed=4)
    text = re.search(r"chaos_llm: --chaos-seed=(\d+)", result.stdout.str())[1]
    assert set(re.findall(r"repeat with --chaos-seed=(\d+)", result.stdout.str())) == {text}


@pytest.mark.parametrize("seed", ["garbage", "-3", "1.5", "²", ""])
def test_that_is_no_number_is_a_usage_error(run, seed):
    result = run("def test(): pass", f"--chaos-seed={seed}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --chaos-seed is a whole number or 'random'; got *"])


def test_the_header_shows_where_seeds_come_from(run):
    lines = ["chaos_llm: seeds follow from node ids; every test on " + STORM]
    run("def test(): pass", "--chaos", STORM).stdout.fnmatch_lines(lines)
