"""Servers on loopback, for each test of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

# pytest's importlib mode puts no test folder on the path, and these tests share what they ask with
sys.path.insert(0, str(Path(__file__).parent))
