"""The interface of a fault: one failure behaviour, independent of any dialect."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chaos_llm.errors import refuse_excess, refuse_unknown
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Reply, Request


@dataclass(frozen=True, slots=True)
class FaultContext:
    """The circumstances of a fault: the request it hits, and random draws of its own.

    `reused` says whether the connection carried a request before; None if that is unknown.
    """

    request: Request
    rng: KeyedRandom
    reused: bool | None = None


@dataclass(frozen=True)
class Fault:
    """One failure behaviour. A subclass overrides one of the two methods.

    `on_answer` changes the content and `on_reply` the bytes and pauses; the provider renders the
    one into the other. A method raises Unsupported if the dialect or the reply cannot express the
    fault. If it returns its argument unchanged, the fault had no effect. `silent` marks a fault
    behind HTTP 200 that no app can detect without evaluating the content: reports count it as
    corruption shown to users, not as a failure. `keeps_content` marks one that changes the bytes of
    a reply, and nothing of its answer.
    """

    ends_reply: ClassVar[bool] = False  # True: once applied, it masks the faults after it
    silent: ClassVar[bool] = False
    keeps_content: ClassVar[bool] = False

    if not TYPE_CHECKING:  # mypy takes the arguments from the fields

        def __new__(cls, *given: Any, **arguments: Any) -> Self:
            """Refuse an argument that the fault does not have, and name those that it has."""
            known = [field.name for field in fields(cls)]
            name = cls.__module__.rpartition(".")[2]
            refuse_excess(name, given, fields(cls), "; how long it lasts is inject(..., for_='5m')")
            refuse_unknown(name, arguments, known)
            return super().__new__(cls)

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        """Change the content of the answer."""
        return answer

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        """Change the bytes of the reply, their timing, or the way the reply ends."""
        return reply

    @property
    def name(self) -> str:
        """The key in profiles and the label in journals: the stem of the fault's file."""
        return type(self).__module__.rpartition(".")[2]

    def __repr__(self) -> str:
        changed = (
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )
        return f"{self.name}({', '.join(changed)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))
