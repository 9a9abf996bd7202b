"""Generates a value that is valid against a JSON schema and contains given texts."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from chaos_llm.answers.json_schema.acceptance import STEPS, Acceptance, tuple_items, types_of
from chaos_llm.answers.json_schema.budget import Budget, TooHard
from chaos_llm.answers.json_schema.merging import merged
from chaos_llm.answers.json_schema.references import follow
from chaos_llm.answers.json_schema.scalars import numbers, texts
from chaos_llm.errors import UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom

_RICH_DEPTH = 4  # levels with optional parts; deeper ones have none, as schemas may be recursive
_DEEPEST = 24  # levels of a value
_TRIES = 3
_A_PART = 6  # steps of a budget for one value, without the values inside it
_SHOWN = 200  # letters of a schema in an error message
_KEYWORDS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_GENERATED_NAMES = tuple(f"note_{number}" for number in range(1, 20))
_NOTHING = object()


def instance(schema: Any, rng: KeyedRandom, phrases: Sequence[str] = ("-",)) -> Any:
    """Generate a value that is valid against the schema; `rng` makes the choices.

    A string that the schema leaves free is the first of `phrases` that fits. Optional properties
    are included, except deep inside a recursive schema. Raises UsageError if no value was found for
    the schema. Ignored keywords: if/then/else, dependentSchemas, unevaluated...
    """
    budget = Budget(STEPS)
    try:
        for _ in range(_TRIES):
            writer = _Writer(schema, rng, phrases, budget)
            for value in writer.values(schema, 0):
                return value
    except (TooHard, RecursionError):
        pass
    shown = reprlib.repr(schema)[:_SHOWN]
    raise UsageError(f"no value was found that is valid against this JSON schema: {shown}")


class _Writer:
    """Yields valid values, the one with most parts first."""

    def __init__(self, root: Any, rng: KeyedRandom, phrases: Sequence[str], budget: Budget) -> None:
        self._root, self._rng, self._phrases, self._budget = root, rng, phrases, budget
        self._acceptance = Acceptance(root, budget)

    def values(self, schema: Any, depth: int) -> Iterator[Any]:
        self._budget.spend(_A_PART)
        flat = self._flat({} if schema is True else schema)
        if flat is None or depth > _DEEPEST:
            return
        for candidate in self._candidates(flat, depth):
            if self._acceptance.accepts(flat, candidate):
                yield candidate

    def _flat(self, schema: Any) -> dict[str, Any] | None:
        """The schema merged with its reference and its allOf; None if no value is valid."""
        flat: dict[str, Any] | None = None if schema is False else dict(schema)
        for _ in range(_DEEPEST):
            if flat is None or not ("$ref" in flat or "allOf" in flat):
                return flat
            others = list(flat.pop("allOf", ()))
            if "$ref" in flat:
                others.append(follow(self._root, flat.pop("$ref")))
            for other in others:
                if other is False or flat is None:
                    return None
                flat = merged(flat, {} if other is True else other, self._budget)
        return None

    def _candidates(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:
        for key in ("anyOf", "oneOf"):
            if key in schema:
                rest = {name: value for name, value in schema.items() if name != key}
                for branch in self._in_order(schema[key], depth):
                    yield from self.values({**rest, "allOf": [branch]}, depth)
                return
        if "const" in schema:
            yield schema["const"]
        elif "enum" in schema:
            yield from self._rotated(schema["enum"])
        else:
            for name in _types(schema, depth):
                yield from self._typed(schema, name, depth)

    def _in_order(self, branches: Sequence[Any], depth: int) -> list[Any]:
        """The branches in the order to try: null last; deep inside a value, simple ones first."""
        if depth >= _RICH_DEPTH:
            return sorted(branches, key=_weight)
        # The first simple branch is the intended one: a Decimal is "a number, or a string".
        simple = any(_weight(branch) == 1 for branch in branches)
        ordered = branches if simple else self._rotated(branches)
        return sorted(ordered, key=lambda branch: _weight(branch) == 0)

    def _rotated(self, options: Sequence[Any]) -> list[Any]:
        """The options from a drawn one on, then those before it."""
        self._budget.spend(len(options) >> 3)
        first = int(self._rng.roll() * len(options))
        return [*options[first:], *options[:first]]

    def _typed(self, schema: dict[str, Any], name: str, depth: int) -> Iterator[Any]:
        match name:
            case "null":
                yield None
            case "boolean":
                yield from self._rotated([False, True])
            case "integer" | "number":
                yield from numbers(schema, self._rng, whole=name == "integer")
            case "string":
                yield from texts(schema, self._rng, self._phrases, self._budget)
            case "array":
                yield from self._arrays(schema, depth)
            case "object":
                yield from self._objects(schema, depth)

    def _arrays(self, schema: dict[str, Any], depth: int) -> Iterator[list[Any]]:
        contained = schema.get("minContains", "contains" in schema)
        least = int(max(schema.get("minItems", 0), contained))
        drawn = max(least, 1 + int(self._rng.roll() * 2))
        most = int(min(drawn, schema.get("maxItems", drawn))) if depth < _RICH_DEPTH else least
        for count in dict.fromkeys((most, least)):
            items = self._items(schema, count, depth)
            if len(items) >= least:
                yield items

    def _items(self, schema: dict[str, Any], count: int, depth: int) -> list[Any]:
        first, rest = tuple_items(schema)
        contained = schema.get("minContains", 1) if "contains" in schema else 0
        items: list[Any] = []
        for at in range(count):
            item = first[at] if at < len(first) else rest
            item = {"allOf": [item, schema["contains"]]} if at < contained else item
            drawn = self.values(item, depth + 1)
            new = (v for v in drawn if not self._acceptance.is_among(v, items))
            found = next(new if schema.get("uniqueItems") else drawn, _NOTHING)
            if found is _NOTHING:
                break
            items.append(found)
        return items

    def _objects(self, schema: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
        required = schema.get("required", ())
        names = dict.fromkeys((*schema.get("properties", ()), *required))
        self._budget.spend(len(names) * len(required) >> 6)
        needed = [name for name in names if name in required]
        for chosen in (list(names), needed) if depth < _RICH_DEPTH else (needed,):
            built = self._properties(schema, chosen, depth)
            if chosen is not needed or not built:
                self._add_others(schema, built, depth)
            yield built

    def _properties(
        self, schema: dict[str, Any], names: Sequence[str], depth: int
    ) -> dict[str, Any]:
        built = {}
        for name in names:
            parts = self._acceptance.property_schemas(schema, name)
            for value in islice(self.values({"allOf": parts}, depth + 1), 1):
                built[name] = value
        return built

    def _add_others(self, schema: dict[str, Any], built: dict[str, Any], depth: int) -> None:
        """Add properties with generated names, if the schema needs more of them or names none."""
        least = schema.get("minProperties", 0)
        others = schema.get("additionalProperties", True)
        if isinstance(others, Mapping) and not schema.get("properties"):
            least = max(least, 1)
        rule = schema.get("propertyNames", True)
        generated = (name for name in _GENERATED_NAMES if self._acceptance.accepts(rule, name))
        for name in chain(generated, self.values(rule, depth + 1)):
            if len(built) >= least:
                return
            if name not in built:
                built.update(self._properties(schema, (name,), depth))


def _types(schema: Mapping[str, Any], depth: int) -> list[str]:
    """The types in the order to try: null last, but deep inside a value first."""
    named = types_of(schema)
    if not named:
        named = [name for name, words in _KEYWORDS.items() if any(word in schema for word in words)]
    return sorted(named or ["string"], key=lambda name: (name == "null") == (depth < _RICH_DEPTH))


def _weight(schema: Any) -> int:
    """How large the values of a branch are: null (0), a single value (1), or a structure (2)."""
    if isinstance(schema, bool) or "const" in schema or "enum" in schema:
        return 1
    types = types_of(schema)
    if types == ["null"]:
        return 0
    return 1 if types and not {"array", "object"} & set(types) else 2
