"""The refusals of OpenAI-compatible APIs, word for word.

Rows that name a source are as users pasted them or as the server's own source has them. All others
are assumed: the status is the vendor's documented one, or HTTP's common one, and the wording is
invented.
"""

from __future__ import annotations

from chaos_llm.providers.openai.errors import OpenAIError

_INVALID = "invalid_request_error"

# All assumed. A vendor's table below says what is known of it.
PLAIN = {
    "invalid_request": OpenAIError(400, _INVALID, None, "Invalid request."),
    "auth_expired": OpenAIError(401, _INVALID, "invalid_api_key", "Invalid API key."),
    "permission": OpenAIError(403, _INVALID, None, "Permission denied."),
    "not_found": OpenAIError(
        404, _INVALID, "model_not_found", "The model `{model}` does not exist."
    ),
    "method_not_allowed": OpenAIError(405, _INVALID, None, "Method not allowed."),
    "too_large": OpenAIError(413, _INVALID, None, "Request body is too large."),
    "rate_limited": OpenAIError(
        429, "rate_limit_error", "rate_limit_exceeded", "Rate limit exceeded."
    ),
    "quota": OpenAIError(402, _INVALID, "insufficient_quota", "Insufficient credits."),
    "server_error": OpenAIError(500, "server_error", None, "Internal server error."),
    "overloaded": OpenAIError(503, "server_error", None, "The server is overloaded."),
    "timeout": OpenAIError(504, "server_error", None, "Request timed out."),
}
GROQ = PLAIN | {
    "auth_expired": OpenAIError(
        401, _INVALID, "invalid_api_key", "Invalid API Key"
    ),  # WiredSwift#44
    "not_found": OpenAIError(
        404,
        _INVALID,
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),  # continuedev/continue#9890
    "rate_limited": OpenAIError(
        429,
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for model `{model}` in organization `org_{account}` service tier "
        "`on_demand` on tokens per minute (TPM): Limit 15000, Used 11972, Requested 4351. Please "
        "try again in {wait}. Visit https://console.groq.com/docs/rate-limits for more "
        "information.",
    ),  # continuedev/continue#10920, Aider-AI/aider#3265
}
TOGETHER = PLAIN | {
    "auth_expired": OpenAIError(
        401,
        _INVALID,
        "invalid_api_key",
        "Invalid API key provided. You can find your API key at "
        "https://api.together.xyz/settings/api-keys.",
    ),  # harshitv804/LawGPT#4
    "not_found": OpenAIError(
        404,
        _INVALID,
        "model_not_found",
        "Unable to access model {model}. Please visit https://api.together.xyz to see the list of "
        "supported models or contact the owner to request access.",
    ),  # evo-design/evo#14
    "rate_limited": OpenAIError(
        429,
        "credit_limit",
        None,
        "You have been rate limited. Your rate limit is 60 queries per minute. Please navigate to "
        "https://api.together.xyz/settings/billing to upgrade to a paid plan.",
    ),  # togethercomputer/MoA#27
    "overloaded": OpenAIError(
        503, "service_unavailable", None, "The server is overloaded or not ready yet."
    ),  # the message: togethercomputer/together-cookbook#57
}
# `type` is what xAI calls `code`; a wrong key is a 400 there.
XAI_ROWS = PLAIN | {
    "invalid_request": OpenAIError(
        400, "Client specified an invalid argument", None, "Invalid request content."
    ),
    "auth_expired": OpenAIError(
        400,
        "Client specified an invalid argument",
        None,
        "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
    ),  # i-am-bee/beeai-framework#447, autohandai/code-cli#545
    "permission": OpenAIError(
        403,
        "The caller does not have permission to execute the specified operation",
        None,
        "Permission denied.",
    ),
    "not_found": OpenAIError(
        404,
        "Some requested entity was not found",
        None,
        "The model {model} does not exist or your team {account} does not have access to it. "
        "Please ensure you're using the correct API key. If you believe this is a mistake, please "
        "contact support and quote your team ID and the model name.",
    ),  # yihong0618/bilingual_book_maker#464
    "rate_limited": OpenAIError(
        429, "Some resource has been exhausted", None, "Too many requests for team {account}."
    ),
    "quota": OpenAIError(
        429,
        "Some resource has been exhausted",
        None,
        "Your team {account} has either used all available credits or reached its monthly "
        "spending limit. To continue making API requests, please purchase more credits or raise "
        "your spending limit.",
    ),  # the message: continuedev/continue#10373
    "overloaded": OpenAIError(
        503,
        "The service is currently unavailable",
        None,
        "The model is currently at capacity due to high demand.",
    ),  # the message, cut: Cloudgeni-ai/opengeni#1643, there inside a stream
}
DEEPSEEK = PLAIN | {
    "invalid_request": OpenAIError(422, _INVALID, _INVALID, "Invalid parameters."),  # status: docs
    "auth_expired": OpenAIError(
        401,
        "authentication_error",
        _INVALID,
        "Authentication Fails, Your api key: ****-key is invalid",
    ),  # recorded, 2026-06, where the key's own end stands for "-key"
    "not_found": OpenAIError(400, _INVALID, _INVALID, "Model Not Exist"),  # deepwn/addi#13
    "quota": OpenAIError(
        402, "unknown_error", _INVALID, "Insufficient Balance"
    ),  # Aider-AI/aider#4851
}
MISTRAL = PLAIN | {
    "auth_expired": OpenAIError(401, "", None, "Unauthorized"),  # agent0ai/agent-zero#539
    "not_found": OpenAIError(
        400, "invalid_model", "1500", "Invalid model: {model}"
    ),  # tmc/langchaingo#1233
    "rate_limited": OpenAIError(
        429, "rate_limited", "1300", "Rate limit exceeded"
    ),  # earendil-works/pi#9815
    "overloaded": OpenAIError(
        503, _INVALID, None, "Service tier capacity exceeded for this model."
    ),  # continuedev/continue#6185, as 503 in BerriAI/litellm#25078
}
META = PLAIN | {
    "rate_limited": OpenAIError(
        429,
        "",
        None,
        "You have exceeded the maximum number of tokens allowed within a given time frame. Wait a "
        "bit and try again.",
    ),  # meta-llama/llama-models#354
}
# Statuses are those of openrouter.ai/docs/api/errors; `code` is the status.
OPENROUTER = PLAIN | {
    "auth_expired": OpenAIError(
        401, "", None, "No cookie auth credentials found"
    ),  # recorded, 2025-12
    "quota": OpenAIError(
        402,
        "",
        None,
        "Insufficient credits. This account never purchased credits. Make sure your key is on the "
        "correct account or org, and if so, purchase more at https://openrouter.ai/settings/credits",
    ),  # Alishahryar1/free-claude-code#772
    "rate_limited": OpenAIError(429, "upstream", None, "Provider returned error"),
    "overloaded": OpenAIError(
        503,
        "",
        None,
        "There is no available model provider that meets your routing requirements",
    ),  # docs
    "timeout": OpenAIError(408, "", None, "Your request timed out"),  # docs
}
_REQUEST, _SERVER = "BadRequestError", "InternalServerError"
VLLM_ROWS = {
    kind: row._replace(type=_SERVER if row.status >= 500 else _REQUEST)
    for kind, row in PLAIN.items()
} | {
    "auth_expired": OpenAIError(401, "", None, "Unauthorized"),  # vllm-project/vllm, api_server.py
    "not_found": OpenAIError(
        404, "NotFoundError", None, "The model `{model}` does not exist."
    ),  # vllm-project/vllm#3485
}
# huggingface/text-generation-inference, router/src/infer/mod.rs and server.rs
TGI_ROWS = PLAIN | {
    "invalid_request": OpenAIError(
        422, "validation", None, "Input validation error: invalid request"
    ),
    "rate_limited": OpenAIError(429, "overloaded", None, "Model is overloaded"),
    "server_error": OpenAIError(500, "incomplete_generation", None, "Incomplete generation"),
    "overloaded": OpenAIError(429, "overloaded", None, "Model is overloaded"),
}
