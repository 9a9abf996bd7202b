"""The cost of the installed plugin for a suite that does not use it: imports, CPU milliseconds.

    python benchmarks/unused_plugin.py

pytest runs one trivial test with and without the plugin, alternately, each in a new process.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 15
PLUGIN = ("-p", "chaos_llm.pytest_plugin.plugin")
CONFTEST = """
import json, pathlib, sys

def pytest_sessionfinish():
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""


def suite(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_trivial.py").write_text("def test_trivial():\n    assert True\n")


def run(folder: Path, *arguments: str) -> tuple[float, set[str]]:
    """CPU milliseconds of one run of pytest, and the modules that it imported."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ
        | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "PYTHONDONTWRITEBYTECODE": "",
        },
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return took * 1000, set(json.loads((folder / "modules.json").read_text()))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suite(folder)
        run(folder, *PLUGIN)  # writes the bytecode files
        more, bare = [], []
        for turn in range(ROUNDS):
            took = {}
            for arguments in (PLUGIN, ()) if turn % 2 else ((), PLUGIN):
                took[arguments], _ = run(folder, *arguments)
            more.append(took[PLUGIN] - took[()])
            bare.append(took[()])
        added = run(folder, *PLUGIN)[1] - run(folder)[1]
    foreign = sorted(m for m in added if m.partition(".")[0] not in sys.stdlib_module_names)
    print(f"pytest alone {statistics.median(bare):.0f} ms of CPU,", end=" ")
    print(f"with the unused plugin {statistics.median(more):+.1f} ms (median of {ROUNDS} pairs)")
    print(f"imported in addition, from the standard library: {len(added) - len(foreign)}")
    print(f"imported in addition, from other packages: {', '.join(foreign)}")


if __name__ == "__main__":
    main()
