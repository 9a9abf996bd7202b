"""What vendors' own clients ask for beside the model: settings, feature flags, telemetry.

A table as that of `routes`, whose replies say as little as possible: that nothing is switched on,
and that what was reported has arrived. What is posted is not read. Checks do not consider these
requests, and only faults for the surface "client" apply to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from chaos_llm.protocol.messages import CLIENT, Document, Refusal, WireRequest
from chaos_llm.providers.routes import Asked, Routed

API = "client"


class ClientEndpoints(Routed):
    """The endpoints of one vendor's client; who asks may be logged in, or not."""

    api: ClassVar[str] = API
    surface: ClassVar[str] = CLIENT
    keyless: ClassVar[bool] = True
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "HEAD", "PUT", "DELETE")

    def _request_fields(self, wire: WireRequest) -> dict[str, Any] | Refusal:  # noqa: ARG002
        return {}


def constant(json: Any, status: int = 200) -> Callable[[Asked], Document]:
    """An answer that is always the same."""
    document = Document(json, status)
    return lambda _api_call: document
