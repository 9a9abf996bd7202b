"""What Converse refuses because of the model: a forced tool, and what Claude does not take."""

from __future__ import annotations

import re
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found

_MODEL_SAYS = "The model returned the following errors: "
_DOCUMENTED = "docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html"
_ONE_SAMPLING_FROM, _NO_SAMPLING_FROM = (4, 5), (4, 7)  # of Claude
# The vendors of models that take no tool choice but auto; Mistral's take any.
_NEVER_FORCED = re.compile(r"(?:[\w-]+\.)?(?:meta|cohere|ai21)\.")
_NEVER_ONE = re.compile(r"(?:[\w-]+\.)?(?:meta|cohere|ai21|mistral)\.")
_KEYS = (
    *("text", "image", "toolUse", "toolResult", "document", "video", "cachePoint"),
    *("reasoningContent", "citationsContent", "searchResult"),
)
_MORE_KEYS = ("guardContent", "audio")  # which the message does not name


def empty_block(block: Any, _request: CheckedRequest) -> Found | None:
    """A block of none of Converse's kinds, as another vendor's is; unknown keys are not read."""
    sound = not isinstance(block, dict) or any(key in block for key in (*_KEYS, *_MORE_KEYS))
    return None if sound else WRONG


def _forced(choice: Any, request: CheckedRequest) -> Found | None:
    """A choice of tools that the model does not support, `{choice}` in the message."""
    if not isinstance(choice, dict):
        return None
    for name, pattern in (("any", _NEVER_FORCED), ("tool", _NEVER_ONE)):
        if name in choice and pattern.match(request.model):
            return found(name, choice=name)
    return None


def _claude(request: CheckedRequest) -> tuple[int, int]:
    """The version of a Claude; (0, 0) for any other model."""
    return request.facts.version if request.facts.family == "claude" else (0, 0)


def _both_samplings(config: Any, request: CheckedRequest) -> Found | None:
    both = isinstance(config, dict) and all(
        config.get(name) is not None for name in ("temperature", "topP")
    )
    is_between = _ONE_SAMPLING_FROM <= _claude(request) < _NO_SAMPLING_FROM
    return WRONG if both and is_between else None


def _deprecated(config: Any, request: CheckedRequest) -> Found | None:
    """Sampling for the newest Claudes, which have none; a default is taken."""
    if _claude(request) < _NO_SAMPLING_FROM or not isinstance(config, dict):
        return None
    for name, claudes_name in (("temperature", "temperature"), ("topP", "top_p")):
        if config.get(name) not in (None, 1):
            return found(name, name=claudes_name)
    return None


def _while_thinking(temperature: Any, request: CheckedRequest) -> Found | None:
    fields = request.body.get("additionalModelRequestFields")
    thinking = fields.get("thinking") if isinstance(fields, dict) else None
    thinks = isinstance(thinking, dict) and thinking.get("type") == "enabled"
    is_other = temperature is not None and temperature != 1
    return WRONG if thinks and is_other and _claude(request) != (0, 0) else None


EMPTY_BLOCK = Rule(
    "content block",
    "messages[].content[]",
    empty_block,
    "ContentBlock object at {at} must set one of the following keys: " + ", ".join(_KEYS) + ".",
    "takes no such content block",
    Source("pasted", "users' notes and clients"),
)
OF_MODELS = (
    Rule(
        "choice of tools",
        "toolConfig.toolChoice",
        _forced,
        "This model doesn't support the toolConfig.toolChoice.{choice} field. Remove "
        "toolConfig.toolChoice.{choice} and try again.",
        "takes no toolChoice.{choice} with this model",
        Source("pasted", f"strands-agents/sdk-python#1241; {_DOCUMENTED}"),
    ),
    Rule(
        "Claude's temperature beside topP",
        "inferenceConfig",
        _both_samplings,
        f"{_MODEL_SAYS}`temperature` and `top_p` cannot both be specified for this model. Please "
        "use only one.",
        "takes temperature or topP with this model, not both",
        Source("pasted", "users' notes"),
    ),
    Rule(
        "sampling of the newest Claudes",
        "inferenceConfig",
        _deprecated,
        f"{_MODEL_SAYS}`{{name}}` is deprecated for this model.",
        "takes no such parameter with this model",
        Source("assumed", "Anthropic's words, captured; the prefix is recorded"),
    ),
    Rule(
        "Claude's temperature while thinking",
        "inferenceConfig.temperature",
        _while_thinking,
        f"{_MODEL_SAYS}`temperature` may only be set to 1 when thinking is enabled.",
        "takes no other temperature than 1 while thinking",
        Source("client code", "users' clients; a link that follows is left out"),
    ),
)
