"""Embeddings have another number of dimensions."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.faults._arguments import mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Document

_TIMES = 4  # 768 numbers became 3072: text-embedding-004 and its successor, chonkie#529
_NUMBER = 4  # bytes of a number in base64
_SHORTEST = 8  # a list of fewer numbers is no vector


@dataclass(frozen=True, repr=False)
class OtherDimensions(Fault):
    """Each vector of an embeddings reply has `size` numbers; without it, four times as many.

    The reply is a valid 200: whatever keeps vectors of the old size refuses these, or compares
    them wrongly. As after the retirement of Gemini's text-embedding-004, whose successor answers
    with 3072 numbers instead of 768. It has no effect on other replies.
    """

    size: int | None = None

    def __post_init__(self) -> None:
        valid = isinstance(self.size, int) and not isinstance(self.size, bool) and self.size > 0
        if self.size is not None and not valid:
            raise mistaken(self, "size", "a number of dimensions, 1 or more")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Document) or "embed" not in _endpoint(fault_context):
            return answer
        return replace(answer, json=self._resized(answer.json))

    def _resized(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._resized(inner, name) for name, inner in value.items()}
        if isinstance(value, list) and _is_vector(value):
            return self._fitted(value)
        if isinstance(value, list):
            return [self._resized(inner, key) for inner in value]
        if isinstance(value, str) and key == "embedding":
            packed = base64.b64decode(value)
            parts = [packed[at : at + _NUMBER] for at in range(0, len(packed), _NUMBER)]
            return base64.b64encode(b"".join(self._fitted(parts))).decode()
        return value

    def _fitted(self, vector: list[Any]) -> list[Any]:
        """The vector, repeated and cut to the new size."""
        size = self.size or len(vector) * _TIMES
        return (vector * -(-size // len(vector)))[:size]


def _endpoint(fault_context: FaultContext) -> str:
    """What tells an endpoint for embeddings: its path, or on clouds the name of its model."""
    request = fault_context.request
    return f"{request.api} {request.path} {request.model}".lower()


def _is_vector(value: list[Any]) -> bool:
    return len(value) >= _SHORTEST and all(isinstance(each, int | float) for each in value)
