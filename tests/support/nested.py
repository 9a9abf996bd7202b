"""pytest in a process of its own, for suites that several tests look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

QUIET = ("-p", "no:randomly", "-p", "no:cacheprovider")
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder, whatever comes of it."""
    (folder / "pytest.ini").write_text(INI)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *QUIET, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=False,
    )
