"""The provider does not accept the credential any more."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_text
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class AuthExpired(Fault):
    """The provider says 401 to a credential that was good a moment ago.

    `message` replaces the provider's own; some that were seen: anthropics/claude-code#44930
    ("OAuth token has expired. ..."), #44719 ("Invalid authentication credentials").
    """

    _: KW_ONLY
    message: str | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_text(self, "message")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("auth_expired", message=self.message)
