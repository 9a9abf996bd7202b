"""A request as rules look at it: the values at a place of its body, found once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar, cast

from chaos_llm.protocol.messages import Request, WireRequest
from chaos_llm.providers.refusals.models import ModelFacts, facts_of

T = TypeVar("T")
Place = tuple[str | int, ...]
Values = Sequence[tuple[Place, Any]]

BODY, HEADERS, SIZE = "$", "$headers", "$size"  # places that are no key of the body


class CheckedRequest:
    """One request: its body, its headers, and what is known about its model.

    `now` is the time of the request in Unix seconds. Google's fields have two names: of those that
    a path names in camel case, `twins` knows the other.
    """

    def __init__(
        self,
        request: Request,
        wire: WireRequest,
        now: float,
        twins: Callable[[str], str] | None = None,
    ) -> None:
        self.request, self.wire, self.now, self._twins = request, wire, now, twins
        self.body: Mapping[str, Any] = request.body if isinstance(request.body, dict) else {}
        self._at: dict[str, Values] = {
            BODY: (((), self.body),),
            HEADERS: (((), wire.headers),),
            SIZE: (((), len(wire.body)),),
        }
        self._made: dict[object, object] = {}

    @cached_property
    def model(self) -> str:
        """The model's name, "" where none is named."""
        return self.request.model or str(self.body.get("model") or "")

    @cached_property
    def facts(self) -> ModelFacts:
        """What is known about the model; of an unknown one, nothing."""
        return facts_of(self.request.provider, self.model)

    @cached_property
    def day(self) -> str:
        """The day of the request, as 2026-03-02."""
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%d")

    def at(self, path: str) -> Values:
        """The values at a path, each with its place: `messages[].role` has one of each message.

        A path that leads nowhere in this body has none.
        """
        values = self._at.get(path)
        if values is None:
            before, key = _last_step(path)
            values = self._below(before, key)
            self._at[path] = values
        return values

    def once(self, make: Callable[[CheckedRequest], T]) -> T:
        """What `make` reads out of this request, made for the first rule that needs it."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    def _below(self, before: str, key: str) -> Values:
        above = self.at(before or BODY)
        if not key:
            return [
                ((*place, index), item)
                for place, value in above
                if isinstance(value, list)
                for index, item in enumerate(value)
            ]
        found = [
            ((*place, key), value[key])
            for place, value in above
            if isinstance(value, dict) and key in value
        ]
        if found or self._twins is None:
            return found
        twin = self._twins(key)
        return [
            ((*place, key), value[twin])
            for place, value in above
            if isinstance(value, dict) and twin in value
        ]


@lru_cache(maxsize=1024)
def _last_step(path: str) -> tuple[str, str]:
    """Divide `messages[].role` into `messages[]` and `role`; the step to each item is ""."""
    if path.endswith("[]"):
        return path[:-2], ""
    before, _, key = path.rpartition(".")
    return before, key


def dotted(place: Place) -> str:
    """Write a place as Anthropic and we do: messages.2.role."""
    return ".".join(map(str, place))


def bracketed(place: Place) -> str:
    """Write a place as OpenAI does: messages[2].role."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
