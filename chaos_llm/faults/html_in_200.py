"""A web page comes instead of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults import _pages
from chaos_llm.faults._whole import whole
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class HtmlIn200(Fault):
    """A web page comes with HTTP 200: an unconfigured proxy answers instead of the provider."""

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return whole(reply, *_pages.nginx_welcome())
