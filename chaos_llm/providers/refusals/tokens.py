"""How many tokens a text has at the least, without any tokenizer.

Tokenizers cut texts into runs of letters, digits and signs before all else, and no token is longer
than its run. So a run is at least one token; long ones are more. The count is low on purpose: of
English prose it finds most of the tokens, and a sound request must never be refused for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

OVER = 1.1  # times the window that the low count must be over before a request is refused
_LETTERS, _DIGITS = 16, 3  # at the most in one token; longer ones are rare
_IDEOGRAPHS = 2
_RUN = re.compile(
    rf"[^\W\d_\u1100-\U0003ffff]{{1,{_LETTERS}}}|\d{{1,{_DIGITS}}}"
    rf"|[\u1100-\U0003ffff]{{1,{_IDEOGRAPHS}}}|[^\w\s]+"
)
_UNREAD = frozenset({"data", "url", "image_url", "file_data", "bytes", "signature", "inlineData"})


def least_tokens(value: Any) -> int:
    """The least number of tokens of all texts in a part of a body, media left out."""
    # subn() counts without an object for each run, of which a long prompt has a million.
    return sum(_RUN.subn("", text)[1] for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    """The texts in a part of a body, without the names of its fields."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            pending.extend(each)
        elif isinstance(each, dict):
            pending.extend(part for name, part in each.items() if name not in _UNREAD)
