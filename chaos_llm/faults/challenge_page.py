"""The CDN takes the app for a robot and sends a challenge page."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from chaos_llm.faults import _pages
from chaos_llm.faults._whole import whole
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class ChallengePage(Fault):
    """The CDN takes the app for a robot: 403 and a challenge page that only a browser can solve.

    As in anthropics/claude-code#30437 and #30515, within the rate limits and with valid keys.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        ray = copy(fault_context.rng).letters(16, "0123456789abcdef") + "-SJC"
        return whole(reply, *_pages.challenge(fault_context.request.host, ray))
