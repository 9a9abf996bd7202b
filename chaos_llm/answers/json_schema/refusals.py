"""What vendors say to a schema that is none, or that asks for too much."""

from __future__ import annotations

from typing import Any

from chaos_llm.answers.json_schema.soundness import MOST_PARTS, problem
from chaos_llm.protocol.messages import Refusal, Request

# anthropics/claude-code#86665 (2026-08) and some hundred reports like it. Anthropic does not say
# what is wrong.
_CLAUDE = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 "
    "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
    "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
_THROUGH_BEDROCK = "The model returned the following errors: "  # acomagu/vscode-as-mcp-server#6


def refusal_of(request: Request) -> Refusal | None:
    """Refuse the first schema of a request that no vendor takes; None where all are sound."""
    left = MOST_PARTS
    for place, tool in enumerate(request.tools):
        wrong, left = problem(tool.parameters, left)
        if wrong:
            return _refused(_of_tool(request, place, tool.name, wrong))
    if request.schema is not None:
        wrong, _ = problem(request.schema, left)
        if wrong:
            return _refused(_of_answer(request, wrong))
    return None


def _refused(message: str) -> Refusal:
    return Refusal("invalid_request", message=message)


def _of_tool(request: Request, place: int, name: object, wrong: str) -> str:
    if _is_claude(request):
        return f"{_before(request)}tools.{place}.custom.input_schema: {_CLAUDE}"
    # OpenAI: FoundationAgents/OpenManus#1162; DeepSeek: farion1231/cc-switch#5490; others: assumed.
    return f"Invalid schema for function {str(name)!r}: {wrong}"


def _of_answer(request: Request, wrong: str) -> str:
    if _is_claude(request):
        return f"{_before(request)}output_config.format.schema: {_CLAUDE}"  # assumed: as for tools
    return f"Invalid schema for response_format {_name_of(request.body)!r}: {wrong}"


def _is_claude(request: Request) -> bool:
    return request.provider == "anthropic" or "claude" in request.model.lower()


def _before(request: Request) -> str:
    return _THROUGH_BEDROCK if request.provider == "bedrock" else ""


def _name_of(body: Any) -> str:
    """What the app calls its wanted answer, in Chat Completions or in Responses."""
    for path in (("response_format", "json_schema", "name"), ("text", "format", "name")):
        found = body
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    return "response"  # assumed, for dialects in which it has no name
