"""Tests marked `exhaustive`: a sample of their cases in the plain run, every case on request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SWEEP = """
    import pytest

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("sdk", ["anthropic", "openai", "cohere", "boto3"])
    @pytest.mark.parametrize("fault", range(9))
    def test_cells(sdk, fault):
        pass

    @pytest.mark.exhaustive(sample=5)
    @pytest.mark.parametrize("profile", [[n] for n in range(70)])
    def test_profiles(profile):
        pass

    @pytest.mark.exhaustive(sample=0)
    def test_search():
        pass

    @pytest.mark.parametrize("n", range(3))
    def test_ordinary(n):
        pass
"""


@pytest.fixture
def run(pytester, monkeypatch):
    for name in ("SUITE_SEED", "UPDATE_MATRIX", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makepyfile(test_it=SWEEP)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def run(*arguments, subprocess=False):
        go = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        return go("-v", "-p", "support.sweeps", "-p", "no:cacheprovider", *arguments)

    return run


def played(result):
    return sorted(set(re.findall(r"test_it\.py::(\S+)", result.stdout.str())))


def cases(result, test):
    return [name.split("[")[1][:-1] for name in played(result) if name.startswith(f"{test}[")]


def test_a_sample_has_each_value_of_each_parameter(run):
    found = [case.split("-") for case in cases(run(), "test_cells")]
    assert {fault for fault, _ in found} == set("012345678")
    assert {sdk for _, sdk in found} == {"anthropic", "openai", "cohere", "boto3"}
    assert len(found) < 9 + 4


def test_a_sample_has_a_size_and_unmarked_tests_run_in_full(run):
    result = run()
    assert len(cases(result, "test_profiles")) == 5
    assert "test_search" not in played(result)
    assert cases(result, "test_ordinary") == ["0", "1", "2"]
    sampled = len(played(result))
    result.assert_outcomes(passed=sampled, deselected=36 + 70 + 1 + 3 - sampled)
    result.stdout.fnmatch_lines(["exhaustive tests: a sample of their cases, SUITE_SEED=0*"])


OF_FILE = """
    import pytest

    pytestmark = pytest.mark.exhaustive(of_file=3)

    @pytest.mark.parametrize("n", range(9))
    def test_cases(n):
        pass

    def test_alone():
        pass

    @pytest.mark.exhaustive(sample=1)
    @pytest.mark.parametrize("n", range(2))
    def test_of_its_own(n):
        pass
"""


def test_a_file_s_tests_are_sampled_together_unless_it_is_named(run, pytester):
    pytester.makepyfile(test_slow=OF_FILE)
    sampled = run().stdout.str()
    assert sampled.count("test_slow.py::") == 3 + 1
    assert run("test_slow.py").stdout.str().count("test_slow.py::") == 9 + 1 + 1
    assert run("--every-case").stdout.str().count("test_slow.py::") == 9 + 1 + 2


def test_the_marker_selects_every_case_and_nothing_else(run):
    run("-m", "exhaustive").assert_outcomes(passed=36 + 70 + 1, deselected=3)


@pytest.mark.parametrize("how", ["option", "update"])
def test_every_case_of_all_tests_runs_on_request(run, monkeypatch, how):
    if how == "update":
        monkeypatch.setenv("UPDATE_MATRIX", "1")
    run(*["--every-case"] * (how == "option")).assert_outcomes(passed=36 + 70 + 1 + 3)


def test_cases_selected_by_hand_run_as_selected(run):
    ids = [f"test_it.py::test_profiles[profile{n}]" for n in range(9)]
    assert len(cases(run(*ids), "test_profiles")) == 9
    assert len(cases(run("-k", "cells and boto3"), "test_cells")) == 9


def test_a_sample_follows_from_its_seed_and_not_from_the_order_or_the_worker(run, monkeypatch):
    first = played(run())
    for arguments in (
        ["--randomly-seed=1"],
        ["--randomly-seed=2"],
        ["-n", "2"],
    ):
        assert played(run(*arguments, subprocess=True)) == first
    monkeypatch.setenv("SUITE_SEED", "another")
    assert played(run()) != first
