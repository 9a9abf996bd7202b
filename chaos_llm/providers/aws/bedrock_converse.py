"""Bedrock's Converse: POST /model/{id}/converse, and /converse-stream in AWS's binary frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import Chunk, Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.aws.bedrock_base import BedrockEndpoint, ids, region_of
from chaos_llm.providers.aws.converse_bodies import (
    events,
    has_tool_result,
    message,
    tools_of,
    usage,
)
from chaos_llm.providers.aws.event_frames import event, padding, stream_reply
from chaos_llm.providers.conversation import broken, turns_of
from chaos_llm.providers.framing import json_reply, last_prompt, pieces_of
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

_NOT_THE_USER = (
    "A conversation must start with a user message. Try again with a conversation that starts with "
    "a user message."
)


class BedrockConverse(BedrockEndpoint):
    """Bedrock's Converse."""

    filters: ClassVar[bool] = True
    api: ClassVar[str] = "converse"
    plain: ClassVar[str] = "converse"
    streaming: ClassVar[str] = "converse-stream"

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        messages = body.get("messages")
        if messages is None and body.get("promptVariables") is not None:
            messages = []  # those of the stored prompt that the path names
        elif not isinstance(messages, list) or not messages:
            return self._invalid(wire, secret, Refusal("invalid_request", message=_NOT_THE_USER))
        model, operation = self._model_and_operation(wire.path)
        tools, forced = tools_of(body.get("toolConfig"))
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=operation == self.streaming,
            prompt=last_prompt(messages),
            tools=tools,
            forced_tool=forced,
            answers_tool=bool(messages) and has_tool_result(messages[-1]),
            schema=_schema(body.get("outputConfig")),
            credential=secret,
            region=region_of(wire),
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            turns=turns_of(messages),
            **_limits(body),
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers, metrics = ids(reply_context), _metrics(reply_context)
        body: dict[str, Any] = {"metrics": metrics, **message(answer, reply_context)}
        if answer.tells_usage:
            body["usage"] = usage(answer.usage)
        body |= _trace(request)
        return json_reply(200, headers, _compact(body), pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers = ids(reply_context)
        chunks = [
            _event(kind, fields, content=content)
            for kind, fields, content in events(answer, reply_context)
        ]
        if answer.tells_usage:
            metadata = {
                "metrics": _metrics(reply_context),
                **_trace(request),
                "usage": usage(answer.usage),
            }
            chunks.append(_event("metadata", metadata, content=False))
        if answer.broken_by:
            last = self._exception(request, answer.broken_by.refusal)
            chunks = [*broken(chunks, answer, opening=1), last]
        return stream_reply(headers, chunks)


def _event(kind: str, fields: Mapping[str, Any], *, content: bool) -> Chunk:
    padded = {**fields, "p": padding(_compact(fields))}
    return event(kind, _compact(dict(sorted(padded.items()))), content=content)


def _trace(request: Request) -> dict[str, Any]:
    """What a guardrail tells where its trace is on: on a healthy day that it found nothing."""
    config = request.body.get("guardrailConfig") if isinstance(request.body, dict) else None
    if not isinstance(config, dict) or config.get("trace") not in ("enabled", "enabled_full"):
        return {}
    name = str(config.get("guardrailIdentifier", "")).rpartition("/")[2]
    letters = len(request.prompt)
    coverage = {"textCharacters": {"guarded": letters, "total": letters}}
    seen = {"invocationMetrics": {"guardrailProcessingLatency": 217, "guardrailCoverage": coverage}}
    guardrail = {"inputAssessment": {name: seen}, "outputAssessments": {name: [seen]}}
    return {"trace": {"guardrail": guardrail | {"actionReason": "No action."}}}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _metrics(reply_context: ReplyContext) -> dict[str, int]:
    return {"latencyMs": 100 + reply_context.rng.number(32) % 900}  # assumed: under a second


def _limits(body: dict[str, Any]) -> dict[str, Any]:
    """Read the output limits, and whether thinking is requested."""
    config, more = body.get("inferenceConfig"), body.get("additionalModelRequestFields")
    config, more = (each if isinstance(each, dict) else {} for each in (config, more))
    thinking = more.get("thinking") or more.get("reasoning_config") or more.get("reasoningConfig")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    return {
        "reasons": kind in ("enabled", "adaptive"),
        "max_tokens": most_tokens(config, "maxTokens"),
        "stop_sequences": stop_sequences(config.get("stopSequences")),
    }


def _schema(node: object) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema, which travels as a text."""
    for name in ("textFormat", "structure", "jsonSchema", "schema"):
        node = node.get(name) if isinstance(node, dict) else None
    try:
        schema = strict_json.loads(node) if isinstance(node, str) else None
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None
