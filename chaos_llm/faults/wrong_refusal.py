"""A valid request is refused as invalid."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from chaos_llm.errors import UsageError
from chaos_llm.faults._arguments import check_status, check_text
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal

_KINDS = {403: "permission", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_OTHERS = {401: "auth_expired()", 429: "rate_limited()"}


@dataclass(frozen=True, repr=False)
class WrongRefusal(Fault):
    """The provider's own failure is reported as a 4xx for a valid request, which SDKs do not retry.

    Azure sent 400 for all requests to GPT-5.2 for most of 2026-03-09, because of a mismatched
    engine (8GCS-858). `message`, `type`, `code` and `param` are fields of the error, where the wire
    format has them; without them they are what the provider usually sends with this status. Nearly
    all of OpenAI's recorded 400s have a code and a param.
    """

    status: int = 400
    _: KW_ONLY
    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_status(self, range(400, 500))
        for argument in ("message", "type", "code", "param"):
            check_text(self, argument)
        if self.status in _OTHERS:
            fault = _OTHERS[self.status]
            raise UsageError(f"wrong_refusal(status={self.status}): use {fault} for this status")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        kind = _KINDS.get(self.status, "invalid_request")
        return Refusal(
            kind,
            status=self.status,
            message=self.message,
            type=self.type,
            code=self.code,
            param=self.param,
        )
