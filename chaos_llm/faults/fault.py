"""The interface of a fault: one failure behaviour, independent of any dialect."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chaos_llm.errors import refuse_unknown
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Reply, Request


@dataclass(frozen=True, slots=True)
class FaultContext:
    """The circumstances in which a fault strikes: the request it meets and a die of its own.

    `reused` says whether the connection carried a request before; None where nobody knows.
    """

    request: Request
    rng: KeyedRandom
    reused: bool | None = None


@dataclass(frozen=True)
class Fault:
    """One failure behaviour. Override one face.

    `on_answer` works on meaning and `on_reply` on bytes and pauses; the provider between them
    translates. A face that a dialect or a reply cannot take raises Unsupported. A face that
    returns what it was given did not strike. `silent` marks a fault behind HTTP 200 that no app
    can see without an evaluation of its own: reports call it exposure, not failure.
    """

    ends_reply: ClassVar[bool] = False  # where it strikes, the faults behind it are shadowed
    silent: ClassVar[bool] = False

    if not TYPE_CHECKING:  # mypy takes the arguments from the fields

        def __new__(cls, *_args: Any, **arguments: Any) -> Self:
            """Refuse an argument that the fault does not have, and name those that it has."""
            known = [field.name for field in fields(cls)]
            refuse_unknown(cls.__module__.rpartition(".")[2], arguments, known)
            return super().__new__(cls)

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        """Change what the provider says."""
        return answer

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        """Change how the bytes come, or whether they come at all."""
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
