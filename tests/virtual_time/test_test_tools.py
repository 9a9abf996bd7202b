"""pytest and its plugins read real time; test_after_failures.py has the tests that they end."""

import xml.etree.ElementTree as ET

import pytest

SUITE = """
import time
from chaos_llm.virtual_time import VirtualTime

def test_ten_hours():
    with VirtualTime():
        time.sleep(36_000)
"""


def test_reports_show_real_durations(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    options = ("--junit-xml=report.xml", "--durations=3", "-vv", "-p", "no:cacheprovider")
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(passed=1)
    suite = ET.parse(pytester.path / "report.xml").getroot()[0]
    assert float(suite.attrib["time"]) < 3600
    result.stdout.no_fnmatch_line("*36000*")
