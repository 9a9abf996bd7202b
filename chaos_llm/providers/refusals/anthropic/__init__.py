"""What Anthropic's Messages API refuses, wherever Claude is hosted.

The order is the API's own, as captured: fields, keys that it does not know, then the conversation.
"""

from __future__ import annotations

from chaos_llm.providers.refusals.anthropic import conversation as c
from chaos_llm.providers.refusals.anthropic import fields as f
from chaos_llm.providers.refusals.anthropic import thoughts as t
from chaos_llm.providers.refusals.table import RuleTable

_BODY = (
    *f.TOOL_CHOICE,
    *f.TOOLS,
    f.MESSAGES_MISSING,
    *c.ROLES,
    *c.CONTENT,
    *c.BLOCKS,
    *f.SYSTEM,
    *f.THINKING,
    *f.FIELDS,
    f.UNKNOWN_KEY,
    *c.CONVERSATION,
    *c.TOOL_USE,
    *t.THOUGHTS,
    *t.SAMPLING,
    *c.WINDOW,
)

MESSAGES = RuleTable("anthropic messages", "Anthropic", (*f.REQUEST, f.VERSION, *f.MODEL, *_BODY))
