"""Cases of refusals whose messages OpenAI's chat and Responses share."""

from __future__ import annotations

from typing import Any

from support.refusal_cases import Case

Fields = dict[str, Any]


def coded(code: str, param: str | None) -> Fields:
    """The further fields of an error of OpenAI's."""
    return {"code": code, "param": param, "type": "invalid_request_error"}


def lacks(path: str, rule: str, refused: Fields, accepted: Fields) -> Case:
    """A request without a required parameter."""
    message = f"Missing required parameter: '{path}'."
    more = coded("missing_required_parameter", path)
    return Case(f"{rule} missing", refused, accepted, message, more=more)


def mistyped(  # noqa: PLR0917 - a row of a table
    field: str, noun: str, refused: Fields, kind: str, accepted: Fields, path: str | None = None
) -> Case:
    """A request with a parameter of the wrong type."""
    path = path or field
    message = f"Invalid type for '{path}': expected {noun}, but got {kind} instead."
    return Case(f"{field}: type", refused, accepted, message, more=coded("invalid_type", path))


def beyond(
    field: str,
    kind: str,
    refused: float,
    accepted: float | None,
    limit: float,
    *,
    below: bool,
    base: Fields | None = None,
) -> Case:
    """A request with a number outside of its limits; `base` are further changes if accepted."""
    side, sign = ("below minimum", ">=") if below else ("above maximum", "<=")
    message = (
        f"Invalid '{field}': {kind} {side} value. Expected a value {sign} {limit}, but got "
        f"{refused} instead."
    )
    code = f"{kind}_{'below_min' if below else 'above_max'}_value"
    rule = f"{field} too {'small' if below else 'large'}"
    change = {**(base or {}), field: accepted}
    return Case(rule, {field: refused}, change, message, more=coded(code, field))
