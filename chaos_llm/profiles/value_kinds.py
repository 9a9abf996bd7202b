"""The types of values in a profile's file, with their descriptions for error messages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from chaos_llm import durations

MOMENT = (
    "a time with its zone (2026-03-02T11:37:00Z), a day (2026-03-02), or an offset from `starts` "
    '("+1h30m")'
)
SPAN = f"{MOMENT}, or [earliest, latest] of them"
DURATION = 'a duration: seconds (90) or text ("90s", "10m", "1h30m")'
PER_MINUTE = "a number, 1 or more"
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
EVIDENCE = 'the key of a source, a list of them, or "assumed"'


def _offset(text: str) -> str:
    if text[:1] not in ("+", "-"):
        raise ValueError("an offset begins with its sign")
    durations.seconds(text[1:])
    return text


def _checked_duration(value: float | str) -> float | str:
    durations.seconds(value)
    return value


def _dated(moment: date) -> date:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("the date is too far away to convert between time zones")
    return moment


def _pair(value: object) -> object:
    """TOML has no tuples, and strict tables take no list for one."""
    return tuple(value) if isinstance(value, list) else value


Offset = Annotated[str, AfterValidator(_offset)]
AnyDate = Annotated[AwareDatetime | date, AfterValidator(_dated)]
Moment = AnyDate | Offset
Span = Moment | Annotated[list[Moment], Field(min_length=2, max_length=2)]
Duration = Annotated[float | str, AfterValidator(_checked_duration)]
Part = Annotated[float, Field(ge=0, le=1)]
Point = Annotated[tuple[Moment, Part], BeforeValidator(_pair)]
EvidenceText = str | Annotated[list[str], Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]


class Table(BaseModel):
    """A table of the file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
