"""The provider refuses a refresh token, or another grant of a login."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_text
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal

_OF_APPS = "client_credentials"  # a grant without a token that could be invalid


@dataclass(frozen=True, repr=False)
class InvalidGrant(Fault):
    """The token endpoint answers 400 `invalid_grant` to a grant that it issued itself.

    The user has to log in again; some clients erase their tokens on it. Anthropic says "Refresh
    token not found or invalid" (opencode-anthropic-auth#162), Google "Token has been expired or
    revoked.", Microsoft AADSTS700082. `message` replaces the description. It has no effect on
    requests other than those for a token.
    """

    _: KW_ONLY
    message: str | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_text(self, "message")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        request = fault_context.request
        grant = request.body.get("grant_type") if request.surface == "login" else None
        if not grant or grant == _OF_APPS:
            return answer
        return Refusal("invalid_grant", message=self.message)
