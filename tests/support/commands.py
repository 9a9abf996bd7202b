"""`chaos-llm` in a process of its own, as a shell starts it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

COMMAND = [sys.executable, "-m", "chaos_llm"]


def run_command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end, whatever comes of it, and keep what it prints."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, **options
    )
