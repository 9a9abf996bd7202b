"""The masking of secrets and prompts in texts that are written to files."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SECRETS = re.compile(
    r"""\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}
    | \b(?:sk|pk|rk|gsk|xai|ghp|glpat|hf)[-_][\w-]{12,}
    | \bAKIA[A-Z0-9]{16}\b
    | \bAIza[\w-]{30,}
    | \beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]+)?
    | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)
    """,
    re.VERBOSE,
)
_MIN_PROMPT = 12  # characters; a shorter prompt may occur in any text
_SHOWN = 300  # characters


def masked(text: str, prompts: Iterable[str] = (), length: int = _SHOWN) -> str:
    """The text in one line of at most `length` characters, without secrets and these prompts."""
    line = " ".join(text.split())
    for prompt in prompts:
        words = " ".join(prompt.split())
        if len(words) >= _MIN_PROMPT:
            line = line.replace(words, "[the prompt]")
    line = _SECRETS.sub("[a secret]", line)
    return line if len(line) <= length else f"{line[: length - 1]}…"
