"""What OpenAI's models on Azure refuse: what OpenAI does, but for what depends on the model.

A deployment's name says nothing about its model, and its path may stand for the model's name.
"""

from __future__ import annotations

from chaos_llm.providers.refusals.checked_request import bracketed
from chaos_llm.providers.refusals.openai.chat import CHAT
from chaos_llm.providers.refusals.openai.keys import CHAT_KEYS, unknown_key
from chaos_llm.providers.refusals.openai.responses import RESPONSES
from chaos_llm.providers.refusals.rule import Rule
from chaos_llm.providers.refusals.table import RuleTable

# Azure's own: learn.microsoft.com/azure/ai-foundry/openai/references/on-your-data
_UNKNOWN_KEY = unknown_key((*CHAT_KEYS, "data_sources", "user_security_context"))


def _of_azure(rule: Rule) -> Rule:
    return _UNKNOWN_KEY if rule.name == _UNKNOWN_KEY.name else rule


AZURE_CHAT = RuleTable(
    "azure chat",
    "Azure OpenAI",
    [_of_azure(rule) for rule in CHAT.rules if rule.name != "model missing"],
    notation=bracketed,
)
AZURE_RESPONSES = RuleTable("azure responses", "Azure OpenAI", RESPONSES.rules, notation=bracketed)
