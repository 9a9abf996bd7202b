"""Placeholder API keys: clients want one before they say anything, and CI has none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

PLACEHOLDER_KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-placeholder-of-chaos-llm",
    "OPENAI_API_KEY": "sk-placeholder-of-chaos-llm",
}


@contextmanager
def placeholder_keys() -> Iterator[None]:
    """Set the keys that are unset, and unset them again."""
    set_here = [variable for variable in PLACEHOLDER_KEYS if not os.environ.get(variable)]
    before = {variable: os.environ.get(variable) for variable in set_here}
    os.environ.update((variable, PLACEHOLDER_KEYS[variable]) for variable in set_here)
    try:
        yield
    finally:
        for variable, value in before.items():
            os.environ.pop(variable, None)
            if value is not None:
                os.environ[variable] = value
