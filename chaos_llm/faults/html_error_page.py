"""A proxy or CDN in front of the provider answers with an HTML page."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from chaos_llm.faults import _pages
from chaos_llm.faults._arguments import check_choice, check_status, mistaken
from chaos_llm.faults._whole import whole
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class HtmlErrorPage(Fault):
    """A proxy or CDN in front of the provider answers, in HTML where the app expects JSON.

    `page` is "cloudflare", "cloudflare-short" or "nginx"; None takes Cloudflare's long page if
    there is one for the status, else the short one. The long page names the provider's host.
    """

    status: int = 502
    _: KW_ONLY
    page: Literal["cloudflare", "cloudflare-short", "nginx"] | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_choice(self, "page", ("cloudflare", "cloudflare-short", "nginx", None))
        check_status(self, range(400, 600))
        titles = _pages.LONG_TITLES if self._long else _pages.SHORT_TITLES
        if self.status not in titles:
            raise mistaken(self, "status", f"a status of this page: {sorted(titles)}")

    @property
    def _long(self) -> bool:
        return self.page == "cloudflare" or (
            self.page is None and self.status in _pages.LONG_TITLES
        )

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.page == "nginx":
            return whole(reply, *_pages.nginx(self.status))
        ray = copy(fault_context.rng).letters(16, "0123456789abcdef") + "-SJC"
        page = _pages.cloudflare if self._long else _pages.cloudflare_short
        return whole(reply, *page(self.status, fault_context.request.host, ray))
