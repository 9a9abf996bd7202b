"""What Claude Code asks for beside the model.

The paths are those that Claude Code 2.1.197 was seen to ask for, and those of its text. What the
real endpoints answer is not public: the documents are assumed, and the least that it accepts.
"""

from __future__ import annotations

from typing import ClassVar

from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.anthropic.documents import AnthropicDocument
from chaos_llm.providers.client_endpoints import ClientEndpoints, constant
from chaos_llm.providers.routes import Route

_NOTHING = constant({})


class AnthropicClient(ClientEndpoints, AnthropicDocument):
    """What Claude Code asks for beside the model."""

    usual_quota: ClassVar[Quota | None] = None
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com", "mcp-proxy.anthropic.com")
    table: ClassVar[tuple[Route, ...]] = (
        Route("HEAD", "^/$", constant(None, 404)),  # it opens the connection early
        Route("GET", "^/(?:api|v1/oauth)/hello$", constant({"message": "hello"})),
        Route("POST", "^/api/event_logging/(?:v2/)?batch$", _NOTHING),  # telemetry
        Route("POST", "^/api/eval/sdk-[^/]+$", constant({"features": {}})),  # feature flags
        Route(
            "GET", "^/mcp-registry/v0/servers$", constant({"servers": [], "metadata": {"count": 0}})
        ),
        Route("GET", "^/v1/mcp_servers$", constant({"data": [], "next_page": None})),
        Route("GET", "^/api/claude_code/policy_limits$", constant({"restrictions": {}})),
        Route("GET", "^/api/claude_code/settings$", constant(None, 404)),  # of organisations
        Route(
            "GET",
            "^/api/claude_code/organizations/metrics_enabled$",
            constant({"metrics_logging_enabled": False}),
        ),
        Route(
            "GET", "^/api/claude_code_penguin_mode$", constant({"enabled": False})
        ),  # a fast mode
        Route("GET", "^/api/(?:claude_(?:cli|code)|oauth/(?:account|organizations))[/_]", _NOTHING),
        Route("POST", "^/api/claude_(?:cli|code)[/_]", _NOTHING),
    )
