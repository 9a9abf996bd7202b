"""What OpenAI's chat refuses because of the model: no chat model, no effort, no image there."""

from __future__ import annotations

import re
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.foreign_models import at_gateway
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found, shown

_PASTED = Source("pasted", "users' issues and notes")
_ONLY_RESPONSES = re.compile(r"(?:o[1-9]|gpt-5)-pro(?:$|-\d)|gpt-5(?:\.\d)?-codex|codex-mini")
_NO_CHAT = re.compile(r"gpt-5\.\d-pro|gpt-3\.5-turbo-instruct|(?:davinci|babbage)-002$")
_FAMILIES = ("gpt", "o")
_TAKES_IMAGES_ANYWHERE = (5, 2)  # from this version of GPT on: openai/openai-openapi#523


def _named(pattern: re.Pattern[str]) -> Wrong:
    """A model of OpenAI's with such a name; a deployment's name, or a gateway's, says nothing."""

    def wrong(_model: Any, request: CheckedRequest) -> Found | None:
        own = request.request.provider == "openai" and pattern.match(request.model)
        return found(model=request.model) if own and not at_gateway(request) else None

    return wrong


def without_reasoning(value: Any, request: CheckedRequest) -> Found | None:
    """An effort for a model that is known not to reason."""
    facts = request.facts
    known = facts.family == "gpt" and (0, 0) < facts.version < (5, 0)
    return WRONG if value is not None and known and not facts.reasons else None


def image_outside_user(message: Any, request: CheckedRequest) -> Found | None:
    """An image in a message of another role than the user, for the models that refuse it."""
    facts = request.facts
    refuses = facts.family == "o" or (
        facts.family == "gpt" and facts.version < _TAKES_IMAGES_ANYWHERE
    )
    content = message.get("content") if refuses and isinstance(message, dict) else None
    if not isinstance(content, list) or message.get("role") == "user":
        return None
    shows = any(isinstance(part, dict) and part.get("type") == "image_url" for part in content)
    return found(role=shown(message.get("role"))) if shows else None


NO_CHAT = (
    Rule(
        "model of Responses",
        "model",
        _named(_ONLY_RESPONSES),
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        "serves {model} by Responses alone",
        _PASTED,
        kind="not_found",
        param="model",
    ),
    Rule(
        "no chat model",
        "model",
        _named(_NO_CHAT),
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did "
        "you mean to use v1/completions?",
        "does not serve {model} in a chat",
        _PASTED,
        kind="not_found",
        param="model",
    ),
)
IMAGES = Rule(
    "image of another role",
    "messages[]",
    image_outside_user,
    "Invalid '{at}'. Image URLs are only allowed for messages with role 'user', but this message "
    "with role '{role}' contains an image URL.",
    "takes no image in a message of the role '{role}' with this model",
    Source("pasted", "openai/openai-node#1030, OpenHands/OpenHands#7700"),
    code="invalid_value",
    param="{at}",
)
EFFORT = Rule(
    "reasoning_effort without reasoning",
    "reasoning_effort",
    without_reasoning,
    "Unrecognized request argument supplied: reasoning_effort",
    "takes no effort with a model that does not reason",
    Source("client code", "users' clients and notes, of gpt-4o and gpt-4.1-mini"),
)
