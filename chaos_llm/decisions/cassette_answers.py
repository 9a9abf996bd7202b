"""Healthy answers from a cassette, matched to requests as vcrpy matches them.

vcrpy compares method, scheme, host, port, path and query, and plays each interaction once, in
order. Here the host is the provider's, and a request whose body was recorded, or was seen before,
gets the answer that belongs to it: a retry after a failure is not the next question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.recording.cassette import Interaction, interactions
from chaos_llm.recording.recorded_answers import answer_of
from chaos_llm.recording.vendor_names import place_of_address


class CassetteAnswers:
    """The answers of a cassette for one provider; all interactions that failed are left out.

    Raises UsageError if it has none for the provider.
    """

    def __init__(self, recorded: Sequence[Interaction], provider: str, name: str) -> None:
        self._name = name
        self._answers: list[tuple[str, str, Completion]] = []  # path, body, answer
        for each in recorded:
            place = place_of_address(each.method, each.url)
            answer = answer_of(each) if place.provider == provider else None
            if answer is not None:
                self._answers.append((place.path, _canonical(each.request_body), answer))
        if not self._answers:
            raise UsageError(f"{name} has no answer of {provider} with status 200")
        self._played: set[int] = set()
        self._matched: dict[tuple[str, str], int] = {}  # by path and body: the interaction's number

    @classmethod
    def of_file(cls, path: Path, provider: str) -> CassetteAnswers:
        """Those of a cassette's file."""
        return cls(interactions(path), provider, str(path))

    def answer(self, request: Request) -> Completion | None:
        """The answer to a request; None if no interaction has its path."""
        body = _written(request.body)
        key = request.path, body
        found = self._matched.get(key)
        if found is None:
            found = self._match(*key)
            if found is None:
                return None
            self._matched[key] = found
            self._played.add(found)
        return self._answers[found][2]

    def _match(self, path: str, body: str) -> int | None:
        """The interaction for a request that was not seen before: its own body, or the next."""
        of_path = [n for n, (recorded, _, _) in enumerate(self._answers) if recorded == path]
        same = [n for n in of_path if self._answers[n][1] == body]
        unplayed = [n for n in of_path if n not in self._played]
        return next(iter((*same, *unplayed, *reversed(of_path))), None)


def _canonical(body: bytes) -> str:
    try:
        return _written(json.loads(body))
    except ValueError:
        return body.decode("utf-8", "replace")


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
