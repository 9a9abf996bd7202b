"""The proxy inside the provider cannot reach its upstream server."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_words
from chaos_llm.faults._whole import whole
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

_TEXT = "upstream connect error or disconnect/reset before headers. reset reason: "


@dataclass(frozen=True, repr=False)
class Envoy503(Fault):
    """The proxy inside the provider answers 503 with one line of plain text instead of JSON.

    Observed values of `reason`: "overflow" (anthropics/claude-code#7044), "connection timeout" and
    "connection termination" (#7043), "remote connection failure, transport failure reason:
    delayed connect error: Connection refused" (#7403; at OpenAI it ends in "111").
    """

    _: KW_ONLY
    reason: str = "overflow"

    ends_reply = True

    def __post_init__(self) -> None:
        check_words(self, "reason", "a text, Envoy's reset reason")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return whole(reply, 503, (("content-type", "text/plain"),), _TEXT + self.reason)
