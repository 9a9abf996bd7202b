"""Other words in an answer's place: its tokens and reference stay, so that it still looks whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Usage

_PLAIN_WORD = re.compile(r"(?<= )[A-Za-z]+(?=[ .,;])")  # no token, and never the first
_SENTENCE = 4  # words; a shorter value of a JSON object may be one of a few that are allowed


def reworded(answer: Completion, say: Callable[[str], str]) -> Completion:
    """The same answer in other words, billed by their length; JSON keeps its shape and its keys."""
    text = _changed(answer.text, say)
    if text == answer.text:
        return answer
    share = len(text) / len(answer.text)
    usage = Usage(answer.usage.input_tokens, ceil(answer.usage.output_tokens * share))
    return replace(answer, text=text, usage=usage)


def replaced_words(
    text: str, share: float, rng: KeyedRandom, other: Callable[[str], str | None]
) -> str:
    """Put other words in the place of a share of those that have one, at least of one."""
    found = [(word, new) for word in _PLAIN_WORD.finditer(text) if (new := other(word[0]))]
    drawn = sorted(found, key=lambda _: rng.roll())[: max(1, round(share * len(found)))]
    said, end = "", 0
    for word, new in sorted(drawn, key=lambda pair: pair[0].start()):
        said += text[end : word.start()] + new
        end = word.end()
    return said + text[end:]


def with_marks_of(text: str, says: str) -> str:
    """Say something else about the same things, under the same reference."""
    tokens, references = find(text), find_references(text)
    about = f"About {', '.join(tokens)}: " if tokens else ""
    return f"{about}{says}" + "".join(f" Reference {mark}." for mark in references[-1:])


def _changed(text: str, say: Callable[[str], str]) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return say(text) if text else text
    other = _with_other_texts(value, say)
    return text if other == value else json.dumps(other, ensure_ascii=False)


def _with_other_texts(value: Any, say: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _with_other_texts(inner, say) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_other_texts(inner, say) for inner in value]
    is_prose = isinstance(value, str) and len(value.split()) >= _SENTENCE
    return say(value) if is_prose else value
