"""An outage and the doctor refuse interpreters that virtual time does not work on."""

from __future__ import annotations

import platform
import sys
import sysconfig
import time

import pytest

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.project import diagnosis
from chaos_llm.virtual_time import interpreters, redirects


def _is_pypy(monkeypatch):
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    monkeypatch.setattr(platform, "python_implementation", lambda: "PyPy")


def _is_free_threaded(monkeypatch):
    monkeypatch.setitem(sysconfig.get_config_vars(), "Py_GIL_DISABLED", 1)


def _has_another_layout(monkeypatch):
    monkeypatch.setattr(redirects, "_VECTORCALL", 3)  # as if a field were gone


PROFILE = "anthropic-529-storm"
REFUSED = [
    pytest.param(_is_pypy, "this is PyPy; run these tests on CPython 3", id="PyPy"),
    pytest.param(_is_free_threaded, "the ordinary build of the same CPython", id="free-threaded"),
    pytest.param(_has_another_layout, "lays out its built-in functions", id="another layout"),
]


@pytest.mark.parametrize(("pretend", "says"), REFUSED)
def test_an_outage_refuses_it_and_changes_nothing(monkeypatch, pretend, says):
    pretend(monkeypatch)
    before = time.monotonic()
    with pytest.raises(UsageError, match=says), outage(PROFILE):
        pytest.fail("the outage began")
    assert time.monotonic() >= before


@pytest.mark.parametrize(("pretend", "says"), REFUSED)
def test_the_doctor_calls_it_a_problem_and_tries_no_request(monkeypatch, tmp_path, pretend, says):
    pretend(monkeypatch)
    found = diagnosis.diagnose(tmp_path, {})
    (problem,) = found.problems
    assert says in problem
    assert found.requests == {}


@pytest.mark.parametrize(
    "tested",
    [((3, 98), (3, 99)), ((3, 1), (3, 2))],
    ids=["older than the tested ones", "newer than the tested ones"],
)
def test_the_doctor_warns_of_a_version_that_was_not_tested(monkeypatch, tmp_path, tested):
    monkeypatch.setattr(interpreters, "TESTED", tested)
    warnings = diagnosis.diagnose(tmp_path, {}).warnings
    assert f"Python {platform.python_version()} is untested" in "\n".join(warnings)


def test_every_builtin_looks_as_the_c_api_says():
    builtins = (time.sleep, time.time, time.monotonic, time.perf_counter_ns, print, len, sys.exit)
    assert all(redirects.has_known_layout(builtin) for builtin in builtins)
    with outage(PROFILE):
        assert all(redirects.has_known_layout(builtin) for builtin in builtins)
    assert redirects.has_known_layout(redirects.real_sleep)
