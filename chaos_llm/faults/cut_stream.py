"""The connection ends before the stream is complete."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Literal

from chaos_llm.faults._arguments import check_choice, check_share
from chaos_llm.faults._breaking import broken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply

_ENDINGS = {"close": Ending.CLOSED, "reset": Ending.RESET, "end": Ending.COMPLETE}


@dataclass(frozen=True, repr=False)
class CutStream(Fault):
    """The connection ends after a share of the content, by a close or by a reset.

    As in mckinsey/agents-at-scale-ark#1346: it broke in mid-sentence after 147 chunks. With
    by="end" the body ends as if it were complete, and few clients notice that no event closed it.
    """

    _: KW_ONLY
    after: float = 0.5
    by: Literal["close", "reset", "end"] = "close"

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")
        check_choice(self, "by", tuple(_ENDINGS))

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        before, _ = broken(self, reply, self.after)
        return replace(reply, chunks=before, ending=_ENDINGS[self.by])
