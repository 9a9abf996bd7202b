"""The fields of an exchange's record that few exchanges have values of their own for.

A healthy exchange has the defaults of all of them, and the exchanges of an outage have a few
combinations. So a record refers to one object that all records with the same values share.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from chaos_llm.journal.content_timing import AT_ONCE, ContentTiming
from chaos_llm.journal.sent_content import SentContent
from chaos_llm.protocol.messages import BrokenRule
from chaos_llm.protocol.tool_history import ReportedToolCall
from chaos_llm.requests.app_deadlines import AppDeadline


class SharedFields(NamedTuple):
    """The fields that are shared; `Exchange` says what each one means."""

    status: int = 0
    answered: bool = False
    silently_corrupted: bool = False
    content_arrived: bool = False
    began_cancelled: bool = False
    effects: tuple[Any, ...] = ()
    error_message: str = ""
    app_line: str = ""
    retry_after: float | None = None
    broken_rule: BrokenRule | None = None
    content_timing: ContentTiming = AT_ONCE


class OwnFields(NamedTuple):
    """What few exchanges have, and no two of them alike.

    The content of an answer is kept in calls with failures only.
    """

    app_deadline: AppDeadline | None = None
    opening: str = ""
    sent_content: SentContent | None = None
    reported_tool_calls: tuple[ReportedToolCall, ...] = ()
    session: int | None = None
    repeats_message: bool = False


NOT_SENT, HEALTHY_REPLY = SharedFields(), SharedFields(status=200, answered=True)
NO_CONTENT = OwnFields()


# Typed, because values that are equal and not of one type (1 and 1.0) are written differently.
@lru_cache(maxsize=4096, typed=True)
def _changed(fields: SharedFields, name: str, value: Any) -> SharedFields:
    return fields._replace(**{name: value})


_T = TypeVar("_T")


class Field(Generic[_T]):
    """A field of a record that is kept in another object; at run time it is a property."""

    if TYPE_CHECKING:

        def __get__(self, record: object, owner: type) -> _T: ...

        def __set__(self, record: object, value: _T) -> None: ...


def shared(name: str) -> Any:
    """A property of a record for one of the shared fields; a write selects another object."""

    def write(record: Any, value: Any) -> None:
        record._shared = _changed(record._shared, name, value)

    index = SharedFields._fields.index(name)
    return property(lambda record: record._shared[index], write)


def own(name: str) -> Any:
    """A property of a record for one of the fields that few exchanges have."""

    def write(record: Any, value: Any) -> None:
        if record._own[index] != value:  # else all records go on sharing one object
            record._own = record._own._replace(**{name: value})

    index = OwnFields._fields.index(name)
    return property(lambda record: record._own[index], write)
