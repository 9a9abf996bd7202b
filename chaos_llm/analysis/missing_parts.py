"""Calls that return some parts of their answer and do not say that another part failed.

Where each healthy call asks for several things and returns all the answers, a call that returns
fewer of them, and nothing else that healthy calls do not return, shows its user a part as the
whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import Any, NamedTuple

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.healthy_shape import LEAST, MOST, is_prompt_or_id, is_same
from chaos_llm.answers.healthy_answers import without_answers
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.value_text import EMPTY, Path, leaves_of

_FEWEST = 2  # parts
_WORD = re.compile(r"\w+")


class PartialAnswer(NamedTuple):
    """A call without some of the parts; these are numbered in the order of the requests.

    `names_the_rest` is whether a field is missing by its name, which a caller can notice.
    """

    call: Call
    missing: frozenset[int]
    names_the_rest: bool


class PartialAnswers(NamedTuple):
    """The partial answers of a run, and how many parts a whole one has."""

    parts: int
    found: list[PartialAnswer]

    @property
    def is_any_part_left_out(self) -> bool:
        """Whether each of the parts is left out somewhere, so that none of them is optional."""
        left_out = reduce(frozenset.union, (p.missing for p in self.found), frozenset[int]())
        return bool(self.found) and len(left_out) == self.parts


def partial_answers(calls: Sequence[Call], evidence: Evidence) -> PartialAnswers:
    """The calls that returned some parts of their answer, and no word about the others."""
    parts = _parts_of_healthy(evidence)
    if parts < _FEWEST or _asks_the_same(calls, evidence, parts):
        return PartialAnswers(0, [])
    healthy = _Healthy(evidence)
    found = []
    for call in calls:
        missing = _missing(call, evidence, parts)
        if missing and healthy.says_nothing_more(call, evidence):
            found.append(PartialAnswer(call, missing, healthy.lacks_a_field(call)))
    return PartialAnswers(parts, found)


def _parts_of_healthy(evidence: Evidence) -> int:
    """The number of answers that each healthy call asks for and returns; 0 if it is not one."""
    healthy = list(islice(evidence.healthy, MOST))
    if len(healthy) < LEAST or not evidence.judges_text:
        return 0
    numbers = {len(evidence.of(c)) for c in healthy} | {
        len(evidence.own_sources(c)) for c in healthy
    }
    return numbers.pop() if len(numbers) == 1 else 0


def _missing(call: Call, evidence: Evidence, parts: int) -> frozenset[int]:
    """The parts of an answer that failed, if the call returned all others; else none."""
    if call.error is not None or not 0 < len(find_references(call.text)) < parts:
        return frozenset()
    shown: dict[int, bool] = {}  # by question, in the order in which they were asked
    failed: dict[int, bool] = {}
    for exchange in evidence.of(call):
        # A question that was asked before the call's first failure has no digest.
        question = exchange.conversation_digest or exchange.body_hash
        shown[question] = shown.get(question, False) or evidence.reached(exchange)
        failed[question] = failed.get(question, True) and exchange.failed
    if len(shown) != parts or not all(shown[each] or failed[each] for each in shown):
        return frozenset()
    return frozenset(number for number, each in enumerate(shown) if not shown[each])


def _asks_the_same(calls: Sequence[Call], evidence: Evidence, parts: int) -> bool:
    """Whether several models, or one model several times, are asked for one thing."""
    for call in calls:
        digests = [exchange.conversation_digest for exchange in evidence.of(call)]
        if len(digests) == parts and all(digests) and len(set(digests)) < parts:
            bodies = {exchange.body_hash for exchange in evidence.of(call)}
            if len(bodies) == parts:
                return True
    return False


class _Healthy:
    """What healthy calls return around the answers; the items of a list are taken together."""

    def __init__(self, evidence: Evidence) -> None:
        self._seen: dict[Path, list[Any]] = {}
        self._words: dict[Path, set[str]] = {}  # that are in all texts with an answer
        for call in islice(evidence.healthy, MOST):
            for path, leaf in _leaves(call):
                if _has_answer(leaf):
                    words = set(_words_beside(leaf))
                    self._words[path] = self._words.get(path, words) & words
                else:
                    self._seen.setdefault(path, []).append(leaf)

    def says_nothing_more(self, call: Call, evidence: Evidence) -> bool:
        """Whether a call returned nothing beside answers but what healthy calls return."""
        contents = (e.sent_content for e in evidence.own_sources(call))
        whole = [content.whole.strip() for content in contents if content is not None]
        return all(self._is_usual(path, leaf, whole, call) for path, leaf in _leaves(call))

    def lacks_a_field(self, call: Call) -> bool:
        """Whether a field is missing in which healthy calls have an answer."""
        return bool(self._words.keys() - {path for path, _ in _leaves(call)})

    def _is_usual(self, path: Path, leaf: Any, whole: list[str], call: Call) -> bool:
        if leaf is EMPTY:
            return True
        if _has_answer(leaf):
            rest = reduce(lambda rest, text: rest.replace(text, "\n"), whole, leaf)
            return self._words.get(path, set()).issuperset(_words_beside(rest))
        seen = self._seen.get(path, [])
        if any(is_same(leaf, other) for other in seen):
            return True
        if not seen or all(other == seen[0] for other in seen):
            return False
        if isinstance(leaf, str):
            return is_prompt_or_id(leaf, call)
        return isinstance(leaf, int | float)


def _leaves(call: Call) -> Iterator[tuple[Path, Any]]:
    for path, leaf in leaves_of(call.returned):
        yield tuple("*" if name.isdigit() else name for name in path), leaf


def _words_beside(text: str) -> list[str]:
    """The words beside the answers in a text; all words if the answers have another form."""
    return _WORD.findall(without_answers(text))


def _has_answer(leaf: Any) -> bool:
    return isinstance(leaf, str) and bool(find_references(leaf))
