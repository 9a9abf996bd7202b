"""The provider has an internal error."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.errors import UsageError
from chaos_llm.faults._arguments import check_status
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class ServerError(Fault):
    """The provider has an internal error and sends its own error JSON; `status` is 500 to 599.

    As in anthropics/claude-code#48616 (500) and openai/openai-cua-sample-app#54 (500).
    """

    status: int = 500

    ends_reply = True

    def __post_init__(self) -> None:
        check_status(self, range(500, 600))
        if self.status == 529:
            raise UsageError("server_error(status=529): 529 means overloaded; use overloaded()")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("server_error", status=self.status)
