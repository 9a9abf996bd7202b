"""What Bedrock refuses: in Converse by itself, and what the model behind it says."""

from __future__ import annotations

from chaos_llm.providers.refusals.bedrock import turns
from chaos_llm.providers.refusals.bedrock.models import EMPTY_BLOCK, OF_MODELS
from chaos_llm.providers.refusals.checked_request import BODY
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.predicates import above, below, empty, unreadable
from chaos_llm.providers.refusals.rule import Rule, Source
from chaos_llm.providers.refusals.table import RuleTable

_PASTED = Source("pasted", "users' issues")
_BY_FORM = Source("assumed", "by the form of AWS's other validation errors")
_ONE = "1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: "
_MODEL_SAYS = "The model returned the following errors: "

CONVERSE = RuleTable(
    "bedrock converse",
    "Bedrock",
    (
        Rule(
            "invalid JSON",
            BODY,
            unreadable,
            "Malformed input request, please reformat your input and try again.",
            "takes a JSON object as its body",
            Source("assumed", "InvokeModel's words, cut"),
        ),
        Rule(
            "another vendor's model",
            BODY,
            of_another_vendor,
            "The provided model identifier is invalid.",
            "does not know a model by the name {model}",
            Source("recorded", "2024 to 2026, of unknown models"),
        ),
        Rule(
            "role",
            "messages",
            turns.other_role,
            "1 validation error detected: Value '{role}' at 'messages.{position}.member.role' "
            "failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]",
            "takes no role '{role}'",
            _BY_FORM,
        ),
        Rule(
            "content: type",
            "messages[]",
            turns.no_list,
            "Unexpected value type in payload",
            "wants a list of blocks as content",
            Source("assumed", "the SDKs refuse it themselves"),
            type="SerializationException",
        ),
        Rule(
            "content",
            "messages[]",
            turns.empty_content,
            "The content field in the Message object at messages.{i} is empty. Add a ContentBlock "
            "object to the content field and try again.",
            "wants content in each message",
            _PASTED,
        ),
        EMPTY_BLOCK,
        Rule(
            "no tools",
            "toolConfig.tools",
            empty,
            "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1",
            "wants at least one tool in toolConfig",
            _PASTED,
        ),
        Rule(
            "tool's name too long",
            "toolConfig.tools[]",
            turns.long_tool_name,
            "1 validation error detected: Value '{name}' at 'toolConfig.tools.{i}.member.toolSpec."
            "name' failed to satisfy constraint: Member must have length less than or equal to 64",
            "takes no tool's name of more than 64 letters",
            _PASTED,
        ),
        Rule(
            "tool's name",
            "toolConfig.tools[]",
            turns.tool_name,
            "1 validation error detected: Value '{name}' at 'toolConfig.tools.{i}.member.toolSpec."
            "name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z0-9_-]+",
            "takes no tool of the name '{name}'",
            _PASTED,
        ),
        Rule(
            "tool call's id",
            "messages[]",
            turns.tool_id,
            "1 validation error detected: Value '{id}' at '{member}' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
            "takes no tool call of the id '{id}'",
            _BY_FORM,
        ),
        *(
            Rule(
                f"{name} too {size}",
                f"inferenceConfig.{name}",
                wrong,
                f"{_ONE}Member must have value {bound}",
                f"takes no such {name}",
                _BY_FORM,
            )
            for name, size, wrong, bound in (
                ("maxTokens", "small", below(1), "greater than or equal to 1"),
                ("temperature", "small", below(0), "greater than or equal to 0"),
                ("temperature", "large", above(1), "less than or equal to 1"),
                ("topP", "small", below(0), "greater than or equal to 0"),
                ("topP", "large", above(1), "less than or equal to 1"),
            )
        ),
        Rule(
            "alternation",
            "messages",
            turns.same_role_twice,
            "A conversation must alternate between user and assistant roles. Make sure the "
            "conversation alternates between user and assistant roles and try again.",
            "takes no two messages of '{role}' in a row",
            _PASTED,
        ),
        Rule(
            "no toolConfig",
            "messages",
            turns.no_tool_config,
            "The toolConfig field must be defined when using toolUse and toolResult content "
            "blocks.",
            "wants the tools again where their calls or results are sent",
            Source("pasted", "langgenius/dify#17545, nearai/ironclaw#1629"),
        ),
        Rule(
            "tool call without its result",
            "messages",
            turns.call_without_result,
            "Expected toolResult blocks at messages.{i}.content for the following Ids: {ids}",
            "wants the result of each tool call in the next message, and misses {ids}",
            Source("pasted", "strands-agents/sdk-python#1435"),
        ),
        Rule(
            "tool result without its call",
            "messages",
            turns.result_without_call,
            "The number of toolResult blocks at messages.{i}.content exceeds the number of toolUse "
            "blocks of previous turn.",
            "takes a tool's result only behind its call",
            Source("pasted", "pydantic/pydantic-ai#2327, langgenius/dify-plugins#765"),
        ),
        Rule(
            "result beside text",
            "messages[]",
            turns.result_beside_text,
            "{at}: Conversation blocks and tool result blocks cannot be provided in the same turn.",
            "takes tool results and texts in turns of their own with this model",
            Source("pasted", "langchain-ai/langchain-aws#141"),
        ),
        Rule(
            "failed tool's result",
            "messages[]",
            turns.empty_error,
            "The content field at {at} cannot be empty when status value is error.",
            "wants to know what went wrong in a tool",
            Source("pasted", "agentcore#15"),
        ),
        Rule(
            "blank text",
            "messages[]",
            turns.blank_text,
            "The text field in the ContentBlock object at {at} is blank. Add text to the text "
            "field, and try again.",
            "takes no blank text",
            Source("captured", "ai-dial's tests"),
        ),
        Rule(
            "blank text for Claude",
            "messages[]",
            turns.claudes_blank_text,
            f"{_MODEL_SAYS}messages: text content blocks must {{kind}}",
            "takes no blank text with Claude",
            Source("pasted", "Anthropic's words; the prefix is recorded"),
        ),
        Rule(
            "signature of Claude's thinking",
            "messages[]",
            turns.foreign_signature,
            f"{_MODEL_SAYS}{{at}}: Invalid `signature` in `thinking` block",
            "takes no thinking that Claude has not signed",
            Source("client code", "users' clients; the prefix is recorded"),
        ),
        *OF_MODELS,
        Rule(
            "maxTokens of the model",
            "inferenceConfig.maxTokens",
            turns.too_much_output,
            "The maximum tokens you requested exceeds the model limit of {most}. Try again with a "
            "maximum tokens value that is lower than {most}.",
            "gives no more than {most} tokens with this model",
            _PASTED,
        ),
        Rule(
            "prefill",
            "messages",
            turns.prefill,
            f"{_MODEL_SAYS}This model does not support assistant message prefill. The conversation "
            "must end with a user message.",
            "takes no words put into the assistant's mouth with this model",
            Source("pasted", "Anthropic's words; the prefix is recorded"),
        ),
        Rule(
            "context window",
            BODY,
            turns.over_the_window,
            "Input is too long for requested model.",
            "takes no more than {window} tokens with this model",
            _PASTED,
        ),
        Rule(
            "Claude's context window",
            BODY,
            turns.over_claudes_window,
            f"{_MODEL_SAYS}prompt is too long: {{tokens}} tokens > {{window}} maximum",
            "takes no more than {window} tokens with this model",
            Source("client code", "users' clients; Anthropic's words are recorded"),
        ),
    ),
)
