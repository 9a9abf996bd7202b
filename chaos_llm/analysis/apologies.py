"""Apologies that an app makes instead of the answers that it got."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chaos_llm.analysis.call import Call
from chaos_llm.protocol.markers import find_references

_WORDS = re.compile(
    r"\b(sorry|apolog(y|ies|i[sz]e)|went wrong|try (it |this )?again|not available|unavailable|"
    r"unable to|could not|couldn['\u2019]t|cannot|can['\u2019]t|oops|"
    r"(an|internal|unexpected) error|error (has )?occurred|"
    r"leider|entschuldig\w*|tut (uns|mir) leid|d\u00e9sol\u00e9s?|lo siento)\b",
    re.IGNORECASE,
)


def repeated_apologies(calls: Iterable[Call]) -> frozenset[str]:
    """The texts that apologise, have no reference, and were returned for different prompts."""
    prompts: dict[str, str] = {}  # the first prompt of each text
    repeated = set()
    for call in calls:
        if call.error is None and prompts.setdefault(call.text, call.prompt) != call.prompt:
            repeated.add(call.text)
    return frozenset(t for t in repeated if _WORDS.search(t) and not find_references(t))
