"""The forms that OpenAI's refusals have, with codes and params of their own."""

from __future__ import annotations

from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found

# test/openai-chat- and openai-responses-validation-parity.test.mjs: the live API's answers of 30
# August 2026
LIVE = Source("captured", "kangminlee-maker/local-OAuth-CLI-API-adapter, gpt-5.6-terra")
BY_FORM = Source("assumed", "by the form of the captured ones")
_NOUNS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


def noun_of(value: object) -> str:
    """What OpenAI calls a value: "a string", "null"."""
    return next((noun for kind, noun in _NOUNS if isinstance(value, kind)), "null")


def of_other_type(*kinds: type) -> Wrong:
    """A value of none of these types, named `{kind}` in the message; a boolean is no number."""
    takes_booleans = bool in kinds

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        if isinstance(value, kinds) and (takes_booleans or not isinstance(value, bool)):
            return None
        return found(kind=noun_of(value))

    return wrong


def missing(name: str, field: str, wrong: Wrong, source: Source = LIVE) -> Rule:
    """Something without a field that it must have."""
    return Rule(
        f"{name} missing",
        field,
        wrong,
        "Missing required parameter: '{at}'.",
        "wants a field",
        source,
        code="missing_required_parameter",
        param="{at}",
    )


def typed(field: str, noun: str, *kinds: type, source: Source = LIVE) -> Rule:
    """A field with a value of another type."""
    return Rule(
        f"{field}: type",
        field,
        of_other_type(*kinds),
        f"Invalid type for '{{at}}': expected {noun}, but got {{kind}} instead.",
        f"wants {noun}",
        source,
        code="invalid_type",
        param="{at}",
    )


def one_of(
    field: str,
    *values: str,
    noun: str = "",
    source: Source = LIVE,
    also: tuple[Any, ...] = (),
) -> Rule:
    """A field with a text that is none of these; `also` is accepted, but not listed.

    `noun` is the field's description in `why`, by default its name.
    """
    known, noun = (*values, *also), noun or field.rpartition(".")[2]

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return None if value in known or not isinstance(value, str) else Found()

    return Rule(
        field,
        field,
        wrong,
        f"Invalid value: '{{value}}'. Supported values are: {listed(values)}.",
        f"takes no {noun} '{{value}}'",
        source,
        code="invalid_value",
        param="{at}",
    )


def bounds(field: str, kind: str, least: float, most: float, source: Source = LIVE) -> list[Rule]:
    """A number that is too small, and one that is too large; `kind` is integer or decimal."""
    return [
        Rule(
            f"{field} too small",
            field,
            _beyond(least, below=True),
            f"Invalid '{{at}}': {kind} below minimum value. Expected a value >= {least:g}, but got "
            "{value} instead.",
            f"takes no {field} below {least:g}",
            source,
            code=f"{kind}_below_min_value",
            param="{at}",
        ),
        *(
            [
                Rule(
                    f"{field} too large",
                    field,
                    _beyond(most, below=False),
                    f"Invalid '{{at}}': {kind} above maximum value. Expected a value <= {most:g}, "
                    "but got {value} instead.",
                    f"takes no {field} above {most:g}",
                    source,
                    code=f"{kind}_above_max_value",
                    param="{at}",
                )
            ]
            if most != float("inf")
            else []
        ),
    ]


def _beyond(limit: float, *, below: bool) -> Wrong:
    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return Found() if (value < limit if below else value > limit) else None

    return wrong


def too_long(field: str, most: int, source: Source) -> Rule:
    """A list with too many items."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        too_many = isinstance(value, list) and len(value) > most
        return found(count=len(value)) if too_many else None

    return Rule(
        f"{field} too long",
        field,
        wrong,
        f"Invalid '{{at}}': array too long. Expected an array with maximum length {most}, but got "
        "an array with length {count} instead.",
        f"takes at most {most} of {field}",
        source,
        code="array_above_max_length",
        param="{at}",
    )


def too_long_text(field: str, most: int, source: Source) -> Rule:
    """A text that is too long."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        too_many = isinstance(value, str) and len(value) > most
        return found(count=len(value)) if too_many else None

    return Rule(
        f"{field} too long",
        field,
        wrong,
        f"Invalid '{{at}}': string too long. Expected a string with maximum length {most}, but got "
        "a string with length {count} instead.",
        f"takes at most {most} letters of {field}",
        source,
        code="string_above_max_length",
        param="{at}",
    )


def listed(values: tuple[str, ...], conjunction: str = "and") -> str:
    """Write values as OpenAI lists them: 'a', 'b', and 'c'; two of them without a comma."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return f" {conjunction} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {conjunction} {quoted[-1]}"
