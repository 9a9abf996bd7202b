"""How long batches take, and how much of one is done when its 24 hours are over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LENGTH = "batch_seconds"  # where a provider's kept state has what a test has chosen
USUAL = 310.0  # seconds: assumed; most batches end within an hour, says Anthropic's documentation
LIFETIME = 86_400.0  # of OpenAI's completion window, and of Anthropic's batches
SHORTEST = 60.0


def length_of(kept: Mapping[str, Any], usual: float = USUAL) -> float:
    """Seconds that a batch takes which is created now."""
    return float(kept.get(LENGTH, usual))


def done_of(total: int, length: float) -> int:
    """How many of a batch's requests are answered in its lifetime, evenly worked on: assumed."""
    return total if length <= LIFETIME else int(total * LIFETIME / length)
