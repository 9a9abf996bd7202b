"""What the vendors' APIs refuse, as tables of rules: one file or folder for each wire format.

A refusal costs an app its fallback: turns that are sent to another vendor unconverted, a parameter
that a model does not support, a history that is too long. Each rule names its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaos_llm.protocol.messages import Refusal, Request, WireRequest
from chaos_llm.protocol.websocket import UPGRADE
from chaos_llm.providers.refusals import anthropic, bedrock, cohere, google, ollama
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.compatible import deepseek, groq, mistral, others
from chaos_llm.providers.refusals.models import facts_of
from chaos_llm.providers.refusals.openai import azure, chat, responses
from chaos_llm.providers.refusals.rule import Rule
from chaos_llm.providers.refusals.table import RuleTable

# What APIs without such a rule say of a retired model.
_RETIRED_ELSEWHERE = {
    "bedrock": "This model version has reached the end of its life. Please refer to the AWS "
    "documentation for more details.",  # pasted by users
}
_USUAL_WINDOW = 128_000  # tokens, of a model of which nothing is known: assumed
# By the name and the api of a wire format. For those that are missing there is no source.
TABLES: Mapping[tuple[str, str], RuleTable] = {
    ("anthropic", "messages"): anthropic.MESSAGES,
    ("anthropic", "count_tokens"): anthropic.COUNT,
    ("vertex", "raw_predict"): anthropic.VERTEX,
    ("bedrock", "invoke"): anthropic.BEDROCK,
    ("bedrock", "converse"): bedrock.CONVERSE,
    ("openai", "chat"): chat.CHAT,
    ("openai", "responses"): responses.RESPONSES,
    ("openai", "codex_responses"): responses.RESPONSES,  # assumed to be the same
    ("openai", "codex_websocket"): responses.RESPONSES,
    ("openai", "responses_websocket"): responses.RESPONSES,
    ("azure-openai", "chat"): azure.AZURE_CHAT,
    ("azure-openai", "responses"): azure.AZURE_RESPONSES,
    ("gemini", "generate_content"): google.GEMINI,
    ("vertex", "generate_content"): google.VERTEX,
    ("mistral", "chat"): mistral.CHAT,
    ("groq", "chat"): groq.CHAT,
    ("deepseek", "chat"): deepseek.CHAT,
    ("xai", "chat"): others.XAI,
    ("openrouter", "chat"): others.OPENROUTER,
    ("together", "chat"): others.TOGETHER,
    ("gemini", "chat"): others.GEMINI,
    ("vllm", "chat"): others.VLLM,
    ("vllm-old", "chat"): others.VLLM,
    ("cohere", "v2_chat"): cohere.CHAT,
    ("ollama", "api_chat"): ollama.CHAT,
}


def validated(request: Request, wire: WireRequest, now: float) -> Request:
    """The request, marked as invalid where the vendor's real API would refuse it.

    One that is refused for its path or its key stays so: no API looks at the body then. `now` is
    the time of the request in Unix seconds, for models that were retired. A request to upgrade has
    no body that could be refused.
    """
    if wire.method == UPGRADE:
        return request
    table = TABLES.get((request.provider, request.api))
    if table is None or (request.invalid and request.invalid.kind != "invalid_request"):
        return request
    refusal = table.refusal(CheckedRequest(request, wire, now, table.twins))
    return request if refusal is None else replace(request, invalid=refusal)


def in_words(request: Request, refusal: Refusal) -> Refusal:
    """A refusal in the API's own words, by its rule about the context window or retired models.

    The request breaks no rule: a fault makes the provider refuse it. Without a source for an API,
    the words about the window are OpenAI's (assumed), and a retired model is an unknown one.
    """
    if refusal.kind == "model_retired":
        return _retired(request)
    if refusal.kind != "context_length":
        return refusal
    facts = facts_of(request.provider, request.model)
    window = (refusal.details or {}).get("window") or facts.window or _USUAL_WINDOW
    tokens = request.input_tokens if request.input_tokens > window else window * 5 // 4
    words = {"window": window, "tokens": tokens, "prompt": tokens, "over": tokens - window}
    words |= {"tools": 0, "most": 0}
    table = TABLES.get((request.provider, request.api), chat.CHAT)
    name = "Claude's context window" if facts.family == "claude" else "context window"
    return (
        table.words_of(name, words)
        or table.words_of("context window", words)
        or (chat.CHAT.words_of("context window", words) or refusal)
    )


def _retired(request: Request) -> Refusal:
    table = TABLES.get((request.provider, request.api))
    words = {"model": request.model, "at": "model"}
    worded = table.words_of("model retired", words) if table else None
    return worded or Refusal("not_found", message=_RETIRED_ELSEWHERE.get(request.provider))


def every_rule() -> Iterator[tuple[RuleTable, Rule]]:
    """All rules with their tables, for the page that lists them with their sources."""
    for table in dict.fromkeys(TABLES.values()):
        for rule in table.rules:
            yield table, rule
