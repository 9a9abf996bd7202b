"""Bedrock's ApplyGuardrail and CountTokens: endpoints without an answer of a model.

    POST /guardrail/{id}/version/{version}/apply        POST /model/{id}/count-tokens

Shapes are those of botocore's model of bedrock-runtime. A healthy guardrail
finds nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.aws.bedrock_base import BedrockDocuments, BedrockEndpoint
from chaos_llm.providers.routes import Asked, Route

_UNITS = (
    "topicPolicyUnits",
    "contentPolicyUnits",
    "wordPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits",
    "contextualGroundingPolicyUnits",
)
_LETTERS_PER_UNIT = 1000  # what a text unit is: AWS's page on prices
_LATENCY = 217  # milliseconds: assumed


def _applied(api_call: Asked) -> Document | Refusal:
    content = api_call.fields.get("content")
    if not isinstance(content, list) or not content:
        return Refusal("invalid_request")
    letters = sum(len(_text(each)) for each in content)
    used = dict.fromkeys(_UNITS, 0) | {"contentPolicyUnits": -(-letters // _LETTERS_PER_UNIT)}
    coverage = {"textCharacters": {"guarded": letters, "total": letters}}
    metrics = {
        "guardrailProcessingLatency": _LATENCY,
        "usage": used,
        "guardrailCoverage": coverage,
    }
    return Document(
        {
            "usage": used,
            "action": "NONE",
            "actionReason": "No action.",
            "outputs": [],
            "assessments": [{"invocationMetrics": metrics}],
            "guardrailCoverage": coverage,
        }
    )


def _text(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return str(text.get("text", "")) if isinstance(text, dict) else ""


def _counted(api_call: Asked) -> Document | Refusal:
    if not isinstance(api_call.fields.get("input"), dict):
        return Refusal("invalid_request")
    return Document({"inputTokens": api_call.request.input_tokens})


class BedrockGuardrails(BedrockDocuments):
    """Bedrock's ApplyGuardrail and CountTokens."""

    api: ClassVar[str] = "guardrails"
    hosts: ClassVar[tuple[str, ...]] = BedrockEndpoint.hosts
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/guardrail/(.+)/version/([^/]+)/apply$", _applied),
        Route("POST", r"/model/(.+)/count-tokens$", _counted),
    )
