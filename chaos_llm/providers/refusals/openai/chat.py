"""What OpenAI's Chat Completions API refuses, in its order.

First a model and messages, then unknown keys, then each field, then what the model supports; the
order of the conversation's turns comes last.
"""

from __future__ import annotations

from chaos_llm.providers.refusals.checked_request import BODY, HEADERS, bracketed
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.openai.chat_fields import CAPABILITY, FIELDS, FORMAT, TOOLS
from chaos_llm.providers.refusals.openai.chat_messages import CONVERSATION, MESSAGES
from chaos_llm.providers.refusals.openai.chat_models import EFFORT, IMAGES, NO_CHAT
from chaos_llm.providers.refusals.openai.forms import LIVE, missing
from chaos_llm.providers.refusals.openai.keys import CHAT_KEYS, unknown_key, wrong_content_type
from chaos_llm.providers.refusals.predicates import retired, unreadable, without
from chaos_llm.providers.refusals.rule import Rule, Source
from chaos_llm.providers.refusals.table import RuleTable

UNREADABLE = Rule(
    "invalid JSON",
    BODY,
    unreadable,
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
    "your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not "
    "valid JSON. If you have trouble figuring out how to fix this, please contact us through our "
    "help center at help.openai.com.)",
    "takes a JSON object as its body",
    Source("pasted", "users' issues"),
)
CONTENT_TYPE = Rule(
    "content type",
    HEADERS,
    wrong_content_type,
    "Unsupported content type: '{kind}'. This API method only accepts 'application/json' requests, "
    "but you specified the header 'Content-Type: {kind}'. Please try again with a supported "
    "content type.",
    "takes application/json, not {kind}",
    Source("pasted", "openai/openai-openapi#194, #502"),
    code="unsupported_content_type",
)
_MODEL = (
    Rule(
        "model missing",
        BODY,
        without("model"),
        "you must provide a model parameter",
        "wants a model",
        LIVE,
    ),
    Rule(
        "model retired",
        "model",
        retired,
        "The model `{model}` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
        "has not served {model} since {day}",
        Source("recorded", "2026-01; the days are documented"),
        kind="not_found",
        code="model_not_found",
    ),
    Rule(
        "another vendor's model",
        "model",
        of_another_vendor,
        "The model `{model}` does not exist or you do not have access to it.",
        "does not serve the model {model}",
        Source("recorded", "2025 and 2026, of unknown models"),
        kind="not_found",
        code="model_not_found",
    ),
)
CHAT = RuleTable(
    "openai chat",
    "OpenAI",
    (
        UNREADABLE,
        CONTENT_TYPE,
        *_MODEL,
        *NO_CHAT,
        missing("messages", BODY, without("messages")),
        unknown_key(CHAT_KEYS),
        *MESSAGES,
        *TOOLS,
        *FIELDS,
        *FORMAT,
        IMAGES,
        EFFORT,
        *CAPABILITY,
        *CONVERSATION,
    ),
    notation=bracketed,
)
