"""What the vendors' APIs refuse, as tables of rules: one file for each dialect.

A refusal costs an app its fallback: turns that are sent to another vendor as they are, a parameter
that a model does not know, a history that is too long. Each rule names who saw the vendor say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaos_llm.protocol.messages import Request, WireRequest
from chaos_llm.providers.refusals import anthropic, google
from chaos_llm.providers.refusals.asked import Asked
from chaos_llm.providers.refusals.openai.chat import CHAT
from chaos_llm.providers.refusals.openai.responses import RESPONSES
from chaos_llm.providers.refusals.rule import Rule
from chaos_llm.providers.refusals.table import RuleTable

# By the name and the api of a wire format.
TABLES: Mapping[tuple[str, str], RuleTable] = {
    ("anthropic", "messages"): anthropic.MESSAGES,
    ("openai", "chat"): CHAT,
    ("openai", "responses"): RESPONSES,
    ("gemini", "generate_content"): google.GEMINI,
    ("vertex", "generate_content"): google.VERTEX,
}


def validated(request: Request, wire: WireRequest, now: float) -> Request:
    """The request, marked as invalid where the vendor's real API would refuse it.

    One that is refused for its path or its key stays so: no API looks at the body then. `now` is
    the time of the request in Unix seconds, for models that were retired.
    """
    table = TABLES.get((request.provider, request.api))
    if table is None or (request.invalid and request.invalid.kind != "invalid_request"):
        return request
    refusal = table.refusal(Asked(request, wire, now, table.twins))
    return request if refusal is None else replace(request, invalid=refusal)


def every_rule() -> Iterator[tuple[RuleTable, Rule]]:
    """All rules with their tables, for the page that lists them with their sources."""
    for table in dict.fromkeys(TABLES.values()):
        for rule in table.rules:
            yield table, rule
