"""What OpenAI's Responses API refuses of the request as a whole, and of the items of its input."""

from __future__ import annotations

from chaos_llm.providers.refusals.checked_request import BODY
from chaos_llm.providers.refusals.foreign_models import of_another_vendor
from chaos_llm.providers.refusals.openai import items, models
from chaos_llm.providers.refusals.openai.chat import CONTENT_TYPE, UNREADABLE
from chaos_llm.providers.refusals.openai.forms import BY_FORM, LIVE, missing
from chaos_llm.providers.refusals.openai.keys import RESPONSES_KEYS, unknown_key
from chaos_llm.providers.refusals.predicates import always, retired
from chaos_llm.providers.refusals.rule import Rule, Source

HEAD = (
    UNREADABLE,
    CONTENT_TYPE,
    missing("model", BODY, items.absent("model", "prompt")),
    Rule(
        "model: type",
        "model",
        models.no_name,
        "Invalid type for 'model': expected a string, but got {kind} instead.",
        "wants the name of a model",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    Rule(
        "model retired",
        "model",
        retired,
        "The requested model '{model}' does not exist.",
        "has not served {model} since {day}",
        Source("recorded", "2026-01, of unknown models; the days are documented"),
        code="model_not_found",
        param="{at}",
    ),
    Rule(
        "another vendor's model",
        "model",
        of_another_vendor,
        "The requested model '{model}' does not exist.",
        "does not serve the model {model}",
        Source("recorded", "2026-01, of unknown models"),
        code="model_not_found",
        param="{at}",
    ),
    missing("input", BODY, items.absent("input", "prompt", "conversation")),
    Rule(
        "messages for input",
        "messages",
        always,
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to "
        "'input'. Try again with the new parameter. See the API documentation for more "
        "information: https://platform.openai.com/docs/api-reference/responses/create.",
        "takes the conversation as input, not as messages",
        LIVE,
        code="unsupported_parameter",
    ),
    *(
        Rule(
            f"{name} of chat",
            name,
            always,
            f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to "
            f"'{moved}'. Try again with the new parameter. See the API documentation for more "
            "information: https://platform.openai.com/docs/api-reference/responses/create.",
            f"takes {moved}, not {name}",
            Source("pasted", "users' issues and notes"),
            code="unsupported_parameter",
        )
        for name, moved in (
            ("response_format", "text.format"),
            ("reasoning_effort", "reasoning.effort"),
        )
    ),
    unknown_key(RESPONSES_KEYS),
)
ITEMS = (
    Rule(
        "input: type",
        "input",
        items.other_type,
        "Invalid type for 'input': expected {expected}, but got {kind} instead.",
        "wants a text or a list of items as input",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    Rule(
        "input[]: type",
        "input[]",
        items.no_item,
        "Invalid type for '{at}': expected an input item, but got {kind} instead.",
        "wants an object as an item of the input",
        LIVE,
        code="invalid_type",
        param="{at}",
    ),
    Rule(
        "kind of item",
        "input[]",
        items.unknown_kind,
        "Invalid value: '{kind}'. Supported values are: {kinds}.",
        "takes no item '{kind}'",
        LIVE,
        code="invalid_value",
        param="{at}",
    ),
    Rule(
        "role",
        "input[]",
        items.unknown_role,
        "Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and "
        "'user'.",
        "takes no role '{role}'",
        LIVE,
        code="invalid_value",
        param="{at}",
    ),
    missing("content", "input[]", items.without_content),
    Rule(
        "item's key",
        "input[]",
        items.unknown_member,
        "Unknown parameter: '{at}'.",
        "knows no key '{key}' in a message",
        LIVE,
        code="unknown_parameter",
        param="{at}",
    ),
    Rule(
        "content part",
        "input[]",
        items.unknown_part,
        "Invalid value: '{kind}'. Supported values are: 'input_text', 'input_image', "
        "'input_audio', 'output_text', 'refusal', 'input_file', 'computer_screenshot', "
        "'summary_text', and 'encrypted_content'.",
        "takes no content part '{kind}'",
        LIVE,
        code="invalid_value",
        param="{at}",
    ),
    Rule(
        "content part of another role",
        "input[]",
        items.part_of_another,
        "Invalid value: '{kind}'. Supported values are: {kinds}.",
        "takes no content part '{kind}' in a message of this role",
        LIVE,
        code="invalid_value",
        param="{at}",
    ),
    missing("part's text", "input[]", items.part_without_text),
    missing("item's field", "input[]", items.lacks_member, BY_FORM),
    Rule(
        "item's id",
        "input[]",
        items.foreign_id,
        "Invalid '{at}': '{id}'. Expected an ID that begins with '{prefix}'.",
        "takes no id '{id}' for this kind of item",
        Source("pasted", "users' issues"),
        code="invalid_value",
        param="{at}",
    ),
    Rule(
        "reasoning shown",
        "input[]",
        items.reasoning_shown,
        "Invalid '{at}': array too long. Expected an array with maximum length 0, but got an array "
        "with length {count} instead.",
        "takes no reasoning that shows its text",
        Source("pasted", "users' issues"),
        code="array_above_max_length",
        param="{at}",
    ),
)
