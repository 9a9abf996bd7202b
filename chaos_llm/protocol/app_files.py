"""Which files are the app's own code: not Python's library, no installed package, not ours."""

from __future__ import annotations

import os
import sysconfig
from functools import lru_cache
from pathlib import Path

_OURS = str(Path(__file__).parents[1]) + os.sep
_DEMO = f"{_OURS}demo{os.sep}"  # its bots are apps
_PYTHON = tuple({sysconfig.get_paths()[name] + os.sep for name in ("stdlib", "platstdlib")})
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@lru_cache(maxsize=4096)
def app_file(path: str) -> str:
    """A file of the app, relative to the current folder if it is in there; empty for others."""
    if path.startswith("<") or any(folder in path for folder in _INSTALLED):
        return ""
    if path.startswith(_PYTHON) or (path.startswith(_OURS) and not path.startswith(_DEMO)):
        return ""
    return path.removeprefix(f"{Path.cwd()}{os.sep}")
