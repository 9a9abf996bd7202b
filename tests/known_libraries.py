"""Libraries that apps defend themselves with; absent ones skip their tests, but not in every lane."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def library(name: str) -> ModuleType:
    """Import a library; where it is absent skip, unless NO_LIBRARY_IS_ABSENT says that it is not."""
    if os.environ.get("NO_LIBRARY_IS_ABSENT"):
        return importlib.import_module(name)
    return pytest.importorskip(name)
