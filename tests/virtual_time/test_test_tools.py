"""pytest and its plugins see real time, and a test that they end leaves a clean process."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_pytest(folder: Path, text: str, *options: str) -> str:
    (folder / "test_inside.py").write_text(text)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.stdout + result.stderr


NEXT_TEST_IS_REAL = """
def test_next_is_real():
    assert active() is None
    began = real_monotonic()
    time.sleep(0.02)
    threading.Event().wait(0.02)
    asyncio.run(asyncio.sleep(0.02))
    assert 0.06 <= real_monotonic() - began < 5
    with VirtualTime() as clock:
        time.sleep(60)
        assert clock.now == 60
"""

IMPORTS = """
import asyncio, threading, time
import pytest
from chaos_llm.virtual_time import VirtualTime, active, real_monotonic
"""


@pytest.mark.parametrize("waiting", ["threading.Event().wait()", "asyncio.run(forever())"])
def test_pytest_timeout_ends_a_test_that_waits_and_the_next_is_real(
    tmp_path: Path, waiting: str
) -> None:
    says = run_pytest(
        tmp_path,
        f"""{IMPORTS}
async def forever():
    await asyncio.Event().wait()

def spin():
    while True:
        time.sleep(1)

@pytest.mark.timeout(0.3)
def test_hangs():
    with VirtualTime(horizon=1e9, real_wait=60):
        threading.Thread(target=spin, daemon=True).start()
        {waiting}
{NEXT_TEST_IS_REAL}""",
    )
    assert "1 failed, 1 passed" in says
    assert "Timeout (>0.3s) from pytest-timeout" in says


def test_a_deadlock_in_a_loop_fails_the_test_and_the_next_is_real(tmp_path: Path) -> None:
    says = run_pytest(
        tmp_path,
        f"""{IMPORTS}
@pytest.mark.asyncio
async def test_hangs():
    with VirtualTime(real_wait=0.3):
        await asyncio.Event().wait()
{NEXT_TEST_IS_REAL}""",
    )
    assert "1 failed, 1 passed" in says
    assert "nobody can run and no timer is pending" in says


def test_reports_tell_real_durations(tmp_path: Path) -> None:
    says = run_pytest(
        tmp_path,
        f"""{IMPORTS}
def test_ten_hours():
    with VirtualTime():
        time.sleep(36_000)
""",
        "--junit-xml=report.xml",
        "--durations=3",
        "-vv",
    )
    assert "1 passed" in says
    suite = ET.parse(tmp_path / "report.xml").getroot()[0]
    assert float(suite.attrib["time"]) < 30
    assert "36000" not in says
