"""Libraries that apps defend themselves with; an absent one skips its tests, but not in CI."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def library(name: str) -> ModuleType:
    """Import a library; an absent one skips, unless NO_LIBRARY_IS_ABSENT is set."""
    if os.environ.get("NO_LIBRARY_IS_ABSENT"):
        return importlib.import_module(name)
    return pytest.importorskip(name)
