"""Bugs of the gallery that were found when users' reports were played against the checks."""

from __future__ import annotations

from gallery.bug import Bug

BUGS_OF_FIELD_TRIALS = (
    Bug(
        "B33",
        "tenacity",
        "9.1.4",
        "retry_if_not_exception_type retries the cancellation of its task, past every deadline",
        ("jd/tenacity#529",),
        "with_breakers",
        "respects_cancellation",
    ),
    Bug(
        "B34",
        "langchain-core",
        "1.7.2",
        "the arguments of a streamed tool call that broke off are completed, and the tool runs",
        ("langchain-ai/langchain#39275", "langchain-ai/langchainjs#11469"),
        "with_langchain",
        "acts_on_whole_tool_calls",
    ),
    Bug(
        "B35",
        "langchain",
        "1.4.7",
        "ModelFallbackMiddleware streams the fallback's answer behind the half one of the primary",
        ("qnbs/WorldScript-Studio#770", "lastmile-ai/mcp-agent#634"),
        "with_langchain",
        "answers_are_whole",
    ),
    Bug(
        "B36",
        "langchain-core",
        "1.7.2",
        "JsonOutputParser completes JSON that broke off: a text that is half, a field that is gone",
        ("mastra-ai/mastra#24442",),
        "with_langchain",
        "answers_are_whole",
    ),
    Bug(
        "B37",
        "litellm",
        "1.106.2",
        "the only deployment of a group is never left alone, so each call asks a dead model first",
        ("BerriAI/litellm#40405", "BerriAI/litellm#7822"),
        "with_litellm",
        "stops_calling",
    ),
    Bug(
        "B38",
        "litellm",
        "1.83.14",
        "an empty answer is cached, and is what its question gets as long as it is kept",
        ("monarch-initiative/ontogpt#465", "monarch-initiative/ontogpt#455"),
        "with_older_litellm",
        "never_caches_the_outage",
    ),
    Bug(
        "B39",
        "litellm",
        "1.83.14",
        "the router continues a broken stream by a prefill, which newer models of Claude refuse",
        ("BerriAI/litellm#27967", "BerriAI/litellm#30242"),
        "with_older_litellm",
        "fallback_is_accepted",
    ),
    Bug(
        "B40",
        "mistralai",
        "2.4.5",
        "a stream that is refused and retried is never closed, until the pool has no connection",
        ("mistralai/client-python#532",),
        "with_older_mistral",
        "pool_is_not_exhausted",
    ),
)
