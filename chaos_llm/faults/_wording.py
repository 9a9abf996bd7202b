"""Change an answer's words, but not its tokens and reference, so that it still counts as whole."""

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

_PLAIN_WORD = re.compile(r"(?<= )[A-Za-z]+(?=[ .,;])")  # not a token, and never the first word
_SENTENCE = 4  # words; a shorter value in JSON may be one of an enumeration, and stays


def reworded(answer: Completion, rewrite: Callable[[str], str]) -> Completion:
    """Rewrite an answer's text, and bill its new length; JSON keeps its structure and keys."""
    text = _rewritten(answer.text, rewrite)
    if text == answer.text:
        return answer
    share = len(text) / len(answer.text)
    usage = Usage(answer.usage.input_tokens, ceil(answer.usage.output_tokens * share))
    return replace(answer, text=text, usage=usage)


def replaced_words(
    text: str, share: float, rng: KeyedRandom, replacement: Callable[[str], str | None]
) -> str:
    """Replace a share of the words for which there is a replacement, and at least one of them."""
    found = [(word, new) for word in _PLAIN_WORD.finditer(text) if (new := replacement(word[0]))]
    drawn = sorted(found, key=lambda _: rng.roll())[: max(1, round(share * len(found)))]
    result, end = "", 0
    for word, new in sorted(drawn, key=lambda pair: pair[0].start()):
        result += text[end : word.start()] + new
        end = word.end()
    return result + text[end:]


def with_marks_of(text: str, new_text: str) -> str:
    """Another text with the tokens and the last reference of `text`."""
    tokens, references = find(text), find_references(text)
    about = f"About {', '.join(tokens)}: " if tokens else ""
    return f"{about}{new_text}" + "".join(f" Reference {mark}." for mark in references[-1:])


def _rewritten(text: str, rewrite: Callable[[str], str]) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return rewrite(text) if text else text
    new = _rewritten_value(value, rewrite)
    return text if new == value else json.dumps(new, ensure_ascii=False)


def _rewritten_value(value: Any, rewrite: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _rewritten_value(inner, rewrite) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rewritten_value(inner, rewrite) for inner in value]
    is_prose = isinstance(value, str) and len(value.split()) >= _SENTENCE
    return rewrite(value) if is_prose else value
