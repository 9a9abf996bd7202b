"""OpenAI's moderations: POST /v1/moderations, which flags nothing.

The categories are those of recorded replies and of the SDK's types.
"""

from __future__ import annotations

from typing import Any

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.openai.routed import short_id
from chaos_llm.providers.routes import Asked, Route

_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_ALSO_OF_IMAGES = ("self-harm", "sexual", "violence")
_SCORE = 1.2e-05  # of a category that is not flagged: assumed
_LATEST = "omni-moderation-latest"


def _moderated(api_call: Asked) -> Document | Refusal:
    value = api_call.fields.get("input")
    if not value:
        return Refusal("invalid_request", message="Missing required parameter: 'input'.")
    texts = value if isinstance(value, list) else [value]
    of_parts = all(isinstance(each, dict) for each in texts)  # one input of several parts
    results = [_result(texts)] if of_parts else [_result([each]) for each in texts]
    model = str(api_call.fields.get("model") or _LATEST)
    return Document(
        {"id": short_id("modr-", api_call.reply_context), "model": model, "results": results}
    )


def _result(parts: list[Any]) -> dict[str, Any]:
    kinds = {each.get("type", "text") for each in parts if isinstance(each, dict)} or {"text"}
    named = ["image" if "image" in kind else "text" for kind in sorted(kinds)]
    return {
        "flagged": False,
        "categories": dict.fromkeys(_CATEGORIES, False),
        "category_scores": dict.fromkeys(_CATEGORIES, _SCORE),
        "category_applied_input_types": {
            name: named if name.startswith(_ALSO_OF_IMAGES) else ["text"] for name in _CATEGORIES
        },
    }


MODERATIONS = (Route("POST", r"/v1/moderations$", _moderated),)
