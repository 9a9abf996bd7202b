"""A library of C code, such as packages contain, compiled by the system's cc."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

SOURCE = Path(__file__).with_name("native_code.c")


@cache
def _library() -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    made = Path(mkdtemp()) / "native_code.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-pthread", "-o", made, SOURCE]
    subprocess.run(command, check=True)
    return made


def compiled_library() -> ctypes.CDLL:
    """The functions of native_code.c; the test is skipped without a C compiler."""
    made = _library()
    if made is None:
        pytest.skip("there is no C compiler to make a native library with")
    library = ctypes.CDLL(str(made))
    for name in ("clock", "time", "gettimeofday", "timespec_get"):
        getattr(library, f"read_{name}").restype = ctypes.c_longlong
    for name in WAITS:
        getattr(library, name).restype = ctypes.c_longlong
    return library


WAITS = [
    line.split("ns_t ")[1].split("(")[0]
    for line in SOURCE.read_text(encoding="utf-8").splitlines()
    if line.startswith("ns_t wait_")
]
