"""What xAI, OpenRouter and vLLM refuse in a chat, as far as there are sources."""

from __future__ import annotations

import re
from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.compatible import turns
from chaos_llm.providers.refusals.compatible.foreign import ROLES, foreign_message, refused
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import WRONG, empty
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found
from chaos_llm.providers.refusals.table import RuleTable

# Of xAI's models only these were seen to refuse, and only these are known to think unasked.
_GROK_4 = re.compile(r"grok-4(?:-0709|-latest|-1-fast|-fast)?(?:-reasoning)?$")
_EFFORTLESS = re.compile(r"grok-4(?:-0709|-latest|-1-fast|-fast)?(?:-(?:non-)?reasoning)?$")
_SERVER = Source("server code", "vllm-project/vllm, entrypoints/openai/protocol.py")


def _of_grok_4(value: Any, request: CheckedRequest) -> Found | None:
    return WRONG if value is not None and _GROK_4.match(request.model) else None


def _effort(value: Any, request: CheckedRequest) -> Found | None:
    if value is None or not _EFFORTLESS.match(request.model):
        return None
    return found(model=request.model)


XAI = RuleTable(
    "xai chat",
    "xAI",
    (
        refused(
            foreign_message(*ROLES, parts=("thinking",)),
            "Failed to deserialize the JSON body into the target type: {at}: data did not match "
            "any variant of untagged enum Content",
            Source("client code", "CherryHQ/cherry-studio#4732; all but its beginning is assumed"),
            status=422,
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "The model {model} does not exist or your team does not have access to it.",
            "does not serve the model {model}",
            Source(
                "assumed", "the wording, by the vendor's of a model that a team has no access to"
            ),
            kind="not_found",
        ),
        *(
            Rule(
                f"{name} of grok-4",
                name,
                _of_grok_4,
                f"Argument not supported on this model: {field}",
                "takes no such parameter with this model",
                Source("pasted", "users' issues, of presencePenalty"),
            )
            for name, field in (
                ("presence_penalty", "presencePenalty"),
                ("frequency_penalty", "frequencyPenalty"),
                ("stop", "stop"),
            )
        ),
        Rule(
            "reasoning_effort of grok-4",
            "reasoning_effort",
            _effort,
            "Model {model} does not support parameter reasoningEffort.",
            "takes no effort with this model",
            Source("pasted", "users' issues"),
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "This model's maximum prompt length is {window} but the request contains {tokens} "
            "tokens.",
            "takes no more than {window} tokens with this model",
            Source("pasted", "cline/cline#3120"),
        ),
    ),
)
OPENROUTER = RuleTable(
    "openrouter chat",
    "OpenRouter",
    (
        refused(
            foreign_message(*ROLES, parts=("thinking",)),
            "Invalid input: {at}",
            Source("assumed", "the words, not the refusal"),
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "{model} is not a valid model ID",
            "wants the vendor before the name of the model {model}",
            Source("pasted", "users' reports and clients"),
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "This endpoint's maximum context length is {window} tokens. However, you requested "
            "about {tokens} tokens ({tokens} of text input). Please reduce the length of either "
            "one, or use the context-compression plugin to compress your prompt automatically.",
            "takes no more than {window} tokens with this model",
            Source("recorded", "2026-06"),
        ),
    ),
)
TOGETHER = RuleTable(
    "together chat",
    "Together",
    (
        refused(
            foreign_message(*ROLES, parts=("thinking",)),
            "Input validation error: {at}: {kind} is not supported",
            Source("assumed", "the words, not the refusal"),
        ),
    ),
)
GEMINI = RuleTable(
    "gemini chat",
    "Gemini's OpenAI door",
    (
        refused(
            foreign_message(*ROLES, parts=("thinking",)),
            "Invalid content part type: {kind}",
            Source("client code", "users' clients, of images out of place"),
        ),
        Rule(
            "another vendor's model",
            "model",
            of_another_vendor,
            "models/{model} is not found for API version v1main, or is not supported for "
            "generateContent. Call ListModels to see the list of available models and their "
            "supported methods.",
            "does not serve the model {model}",
            Source("pasted", "users' notes"),
            kind="not_found",
        ),
    ),
)


def _without(*needed: str) -> Wrong:
    """A field that is for nothing without one of these."""

    def wrong(value: Any, request: CheckedRequest) -> Found | None:
        is_set = value is not None and value != "none"
        return WRONG if is_set and not any(request.body.get(key) for key in needed) else None

    return wrong


def _choice(value: Any, _request: CheckedRequest) -> Found | None:
    known = ("none", "auto", "required")
    return WRONG if isinstance(value, str) and value not in known else None


def _negative(value: Any, _request: CheckedRequest) -> Found | None:
    return WRONG if isinstance(value, int | float) and value < 0 else None


def _top_logprobs(value: Any, _request: CheckedRequest) -> Found | None:
    return WRONG if type(value) is int and value < -1 else None


def _no_schema(form: Any, _request: CheckedRequest) -> Found | None:
    schema_requested = isinstance(form, dict) and form.get("type") == "json_schema"
    return WRONG if schema_requested and not form.get("json_schema") else None


_PARTS = (  # of vllm's chat_utils
    *("audio_embeds", "audio_url", "image_embeds", "image_pil", "image_url", "input_audio"),
    *("input_image", "input_text", "output_text", "prompt_embeds", "refusal", "text", "thinking"),
    *("tool_reference", "video_url", None),
)
VLLM = RuleTable(
    "vllm chat",
    "vLLM",
    (
        Rule(
            "content part",
            "messages[].content[]",
            turns.other_part(*_PARTS),
            "Unknown part type: {kind}",
            "takes no content part '{kind}'",
            Source("pasted", "langchain-ai/openwiki#63, QwenLM/Qwen3-VL#213; 400 since vllm#41121"),
        ),
        *(
            Rule(name, looks_at, wrong, message, why, _SERVER)
            for name, looks_at, wrong, message, why in (
                (
                    "no tools",
                    "tools",
                    empty,
                    "`tools` must not be an empty array. Either provide at least one tool or omit "
                    "the field entirely.",
                    "takes no empty list of tools",
                ),
                (
                    "tool_choice alone",
                    "tool_choice",
                    _without("tools"),
                    "When using `tool_choice`, `tools` must be set.",
                    "takes tool_choice only with tools",
                ),
                (
                    "tool_choice",
                    "tool_choice",
                    _choice,
                    'Invalid value for `tool_choice`: {value}! Only named tools, "none", "auto" or '
                    '"required" are supported.',
                    "knows no tool_choice '{value}'",
                ),
                (
                    "stream_options alone",
                    "stream_options",
                    _without("stream"),
                    "Stream options can only be defined when `stream=True`.",
                    "takes stream_options only with stream",
                ),
                (
                    "top_logprobs alone",
                    "top_logprobs",
                    _without("logprobs"),
                    "when using `top_logprobs`, `logprobs` must be set to true.",
                    "takes top_logprobs only with logprobs",
                ),
                (
                    "top_logprobs",
                    "top_logprobs",
                    _top_logprobs,
                    "`top_logprobs` must be a positive value or -1.",
                    "takes top_logprobs from 0, or -1",
                ),
                (
                    "temperature",
                    "temperature",
                    _negative,
                    "temperature must be non-negative, got {value}.",
                    "takes no negative temperature",
                ),
                (
                    "json_schema missing",
                    "response_format",
                    _no_schema,
                    "When response_format type is 'json_schema', the 'json_schema' field must be "
                    "provided.",
                    "wants the schema of a structured answer",
                ),
            )
        ),
    ),
)
