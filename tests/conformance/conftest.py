"""pytest's importlib mode puts no test folder on the path, and these files share their tables."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
