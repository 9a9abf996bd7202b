"""What Anthropic refuses of thinking and of sampling, which depends on the model."""

from __future__ import annotations

from chaos_llm.providers.refusals.anthropic import thinking
from chaos_llm.providers.refusals.anthropic.sources import MATRIX
from chaos_llm.providers.refusals.rule import Rule, Source

_DOCS = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
THOUGHTS = (
    Rule(
        "manual thinking",
        "thinking.type",
        thinking.manual_thinking,
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" '
        'and "output_config.effort" to control thinking behavior.',
        "takes no thinking budget with this model",
        MATRIX,
    ),
    Rule(
        "adaptive thinking",
        "thinking.type",
        thinking.adaptive_thinking,
        "adaptive thinking is not supported on this model",
        "takes no adaptive thinking with this model",
        MATRIX,
    ),
    Rule(
        "effort",
        "output_config.effort",
        thinking.effort_of_old,
        "This model does not support the effort parameter.",
        "takes no effort with this model",
        MATRIX,
    ),
    Rule(
        "thinking budget of all",
        "thinking.budget_tokens",
        thinking.budget_over_max_tokens,
        "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our "
        f"documentation at {_DOCS}#max-tokens-and-context-window-size",
        "wants max_tokens to be more than the thinking budget",
        Source("client code", "users' clients; the link is assumed"),
    ),
    Rule(
        "temperature while thinking",
        "temperature",
        thinking.sampling_beside_thinking,
        "`temperature` may only be set to 1 when thinking is enabled. Please consult our "
        f"documentation at {_DOCS}#important-considerations-when-using-extended-thinking",
        "takes no other temperature than 1 while thinking",
        Source("captured", "provider dialect matrix FRE-1430; the link is assumed"),
    ),
    Rule(
        "forced tool while thinking",
        "tool_choice.type",
        thinking.forced_tool,
        "Thinking may not be enabled when tool_choice forces tool use.",
        "forces no tool while thinking",
        Source("pasted", "users' issues"),
    ),
    Rule(
        "thinking first",
        "messages[]",
        thinking.not_first,
        "{at}: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `{kind}`.",
        "wants thinking to come first in a message",
        Source("pasted", "anthropics/claude-code#20705"),
    ),
    Rule(
        "thinking last",
        "messages",
        thinking.last_of_message,
        "{at}: The final block in an assistant message cannot be `thinking`.",
        "takes no message that ends with thinking",
        Source("pasted", "tailcallhq/forgecode#2107"),
    ),
    Rule(
        "thinking while off",
        "messages",
        thinking.though_off,
        "messages.{i}.content.{j}: When thinking is disabled, an `assistant` message in the final "
        "position cannot contain `thinking`. To use thinking blocks, enable `thinking` in your "
        "request.",
        "takes no thinking in the last message while thinking is off",
        Source("pasted", "tailcallhq/forgecode#1195"),
    ),
    Rule(
        "thinking lost before tools",
        "messages",
        thinking.lost_before_tools,
        "{at}: Expected `thinking` or `redacted_thinking`, but found `{kind}`. When `thinking` is "
        "enabled, a final `assistant` message must start with a thinking block (preceeding the "
        "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking "
        "blocks from previous turns. To avoid this requirement, disable `thinking`. Please consult "
        f"our documentation at {_DOCS}",
        "wants the thinking back with which a loop of tool calls began",
        Source("pasted", "router-for-me/CLIProxyAPI#746, n8n-io/n8n#22550, sst/opencode#3077"),
    ),
    Rule(
        "signature of thinking",
        "messages[].content[]",
        thinking.foreign_signature,
        "{at}: Invalid `signature` in `thinking` block",
        "takes no thinking that Claude has not signed",
        Source("client code", "many users' clients"),
    ),
    Rule(
        "redacted thinking",
        "messages[].content[]",
        thinking.foreign_redaction,
        "{at}: Invalid `data` in `redacted_thinking` block",
        "takes no redacted thinking that Claude has not encrypted",
        Source("assumed", "by the form of the rule about signatures"),
    ),
    Rule(
        "prefill",
        "messages",
        thinking.prefill,
        "This model does not support assistant message prefill. The conversation must end with a "
        "user message.",
        "takes no words put into the assistant's mouth with this model",
        Source("pasted", "agentic-ai-engineering#43, opencode-dynamic-context-pruning#520"),
    ),
)
_DEPRECATED = "`{at}` is deprecated for this model."
SAMPLING = (
    *(
        Rule(
            f"{name} of the newest models",
            name,
            thinking.no_sampling,
            _DEPRECATED,
            "takes no such parameter with this model",
            MATRIX,
        )
        for name in ("temperature", "top_p", "top_k")
    ),
    Rule(
        "top_k while thinking",
        "top_k",
        thinking.top_k_beside_thinking,
        "`top_k` must be unset when thinking is enabled or in adaptive mode",
        "takes no top_k while thinking",
        Source("client code", "users' clients"),
    ),
    Rule(
        "temperature beside top_p",
        "temperature",
        thinking.both_samplings,
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "takes temperature or top_p with this model, not both",
        MATRIX,
    ),
)
