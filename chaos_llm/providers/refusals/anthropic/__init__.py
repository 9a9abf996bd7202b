"""What Anthropic's Messages API refuses, wherever Claude is hosted.

The order is the API's own, as captured: fields, keys that it does not know, then the conversation.
"""

from __future__ import annotations

from chaos_llm.providers.refusals.anthropic import conversation as c
from chaos_llm.providers.refusals.anthropic import fields as f
from chaos_llm.providers.refusals.anthropic import thoughts as t
from chaos_llm.providers.refusals.rule import Rule
from chaos_llm.providers.refusals.table import RuleTable


def _body(unknown_key: Rule) -> tuple[Rule, ...]:
    return (
        *f.TOOL_CHOICE,
        *f.TOOLS,
        f.MESSAGES_MISSING,
        *c.ROLES,
        *c.CONTENT,
        *c.BLOCKS,
        *f.SYSTEM,
        *f.THINKING,
        *f.FIELDS,
        unknown_key,
        *c.CONVERSATION,
        *c.TOOL_USE,
        *t.THOUGHTS,
        *t.SAMPLING,
        *c.WINDOW,
    )


MESSAGES = RuleTable(
    "anthropic messages",
    "Anthropic",
    (*f.REQUEST, f.VERSION, *f.MODEL, *_body(f.UNKNOWN_KEY)),
)
# A prompt that is too long is counted, and there is no answer to limit.
_OF_ANSWERS = ("max_tokens missing", "context window", "context window with max_tokens")
COUNT = RuleTable(
    "anthropic count_tokens",
    "Anthropic",
    [rule for rule in MESSAGES.rules if rule.name not in _OF_ANSWERS],
)
VERTEX = RuleTable(
    "vertex raw_predict",
    "Claude on Vertex AI",
    (*f.REQUEST, f.VERSION_IN_BODY, *_body(f.UNKNOWN_KEY_HOSTED)),
)
# The other families' bodies have no version, and no rules.
BEDROCK = RuleTable(
    "bedrock invoke",
    "Claude on Bedrock",
    _body(f.UNKNOWN_KEY_HOSTED),
    only_with="anthropic_version",
)
