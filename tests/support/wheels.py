"""Packages as an installer leaves them, without an installer: a wheel, built and unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory


def unpack_wheel(source: Path, target: Path) -> None:
    """Build the wheel of a project that uses Hatchling, and unpack it into a folder."""
    with TemporaryDirectory() as built:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built]
        subprocess.run(build, cwd=source, check=True, capture_output=True)
        (path,) = Path(built).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)
