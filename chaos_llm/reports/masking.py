"""What leaves the process in a file holds no secret, and no prompt that was not asked for."""

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
_TELLING = 12  # shorter prompts may stand in any text
_SHOWN = 300


def masked(text: str, prompts: Iterable[str] = (), length: int = _SHOWN) -> str:
    """The text in one line, cut, without what looks like a key and without these prompts."""
    line = " ".join(text.split())
    for prompt in prompts:
        said = " ".join(prompt.split())
        if len(said) >= _TELLING:
            line = line.replace(said, "[the prompt]")
    line = _SECRETS.sub("[a secret]", line)
    return line if len(line) <= length else f"{line[: length - 1]}…"
