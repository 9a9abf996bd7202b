"""The refusals of vendors for an invalid or too large JSON schema."""

from __future__ import annotations

from typing import Any

from chaos_llm.answers.json_schema.soundness import MOST_PARTS, problem
from chaos_llm.protocol.messages import Refusal, Request

# anthropics/claude-code#86665 (2026-08) and some hundred reports like it. Anthropic's message
# does not name the mistake.
_CLAUDE = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 "
    "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
    "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
_THROUGH_BEDROCK = "The model returned the following errors: "  # acomagu/vscode-as-mcp-server#6


def refusal_of(request: Request) -> Refusal | None:
    """The refusal of the first invalid schema of a request; None if all are valid."""
    left = MOST_PARTS
    for index, tool in enumerate(request.tools):
        wrong, left = problem(tool.parameters, left)
        if wrong:
            return _refused(_tool_message(request, index, tool.name, wrong))
    if request.schema is not None:
        wrong, _ = problem(request.schema, left)
        if wrong:
            return _refused(_answer_message(request, wrong))
    return None


def _refused(message: str) -> Refusal:
    return Refusal("invalid_request", message=message)


def _tool_message(request: Request, index: int, name: object, wrong: str) -> str:
    if _is_claude(request):
        return f"{_prefix(request)}tools.{index}.custom.input_schema: {_CLAUDE}"
    # OpenAI: FoundationAgents/OpenManus#1162; DeepSeek: farion1231/cc-switch#5490; others: assumed.
    return f"Invalid schema for function {str(name)!r}: {wrong}"


def _answer_message(request: Request, wrong: str) -> str:
    if _is_claude(request):
        return f"{_prefix(request)}output_config.format.schema: {_CLAUDE}"  # assumed: as for tools
    return f"Invalid schema for response_format {_name_of(request.body)!r}: {wrong}"


def _is_claude(request: Request) -> bool:
    return request.provider == "anthropic" or "claude" in request.model.lower()


def _prefix(request: Request) -> str:
    return _THROUGH_BEDROCK if request.provider == "bedrock" else ""


def _name_of(body: Any) -> str:
    """The name of the answer's schema, in Chat Completions or in Responses."""
    for path in (("response_format", "json_schema", "name"), ("text", "format", "name")):
        found = body
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    return "response"  # assumed, for wire formats without such a name
