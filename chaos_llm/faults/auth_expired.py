"""The provider no longer accepts the credential."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_text
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class AuthExpired(Fault):
    """The provider answers 401 to a credential that it accepted before.

    `message` replaces the provider's own error message. Observed ones: anthropics/claude-code#44930
    ("OAuth token has expired. ..."), #44719 ("Invalid authentication credentials").
    """

    _: KW_ONLY
    message: str | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_text(self, "message")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("auth_expired", message=self.message)
