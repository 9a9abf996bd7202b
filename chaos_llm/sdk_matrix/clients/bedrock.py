"""AWS's SDK: `converse` and `converse_stream` of the Bedrock runtime."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import LIMIT, REFUSALS, THINKING, Client, Scene, call_text


class BedrockClient(Client):
    """The Converse API."""

    module: ClassVar[str] = "boto3"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        once = {"mode": "standard", "total_max_attempts": 1}
        config = importlib.import_module("botocore.config").Config(
            retries=once, connect_timeout=LIMIT, read_timeout=LIMIT
        )
        return self.sdk.client(
            "bedrock-runtime",
            region_name="us-east-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="an example",  # noqa: S106 - AWS's own example is no secret
            config=config,
        )

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        message = client.converse(**_body(scene)).get("output", {}).get("message", {})
        for block in message.get("content", ()):
            use = block.get("toolUse")
            yield call_text(use["name"], use["input"]) if use else block.get("text", "")

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _pieces(client.converse_stream(**_body(scene))["stream"])

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        budget = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        body = _body(scene) | {"additionalModelRequestFields": budget}
        body["inferenceConfig"] = {"maxTokens": 4000}
        yield from _pieces(client.converse_stream(**body)["stream"])


def _pieces(events: Any) -> Iterator[str]:
    for event in events:
        if start := event.get("contentBlockStart", {}).get("start", {}).get("toolUse"):
            yield call_text(start["name"])
        delta = event.get("contentBlockDelta", {}).get("delta", {})
        thought = delta.get("reasoningContent", {}).get("text", "")
        yield thought or delta.get("text", "") or delta.get("toolUse", {}).get("input", "")


def _body(scene: Scene) -> dict[str, Any]:
    messages = [{"role": role, "content": [{"text": text}]} for role, text in scene.conversation]
    body = {"modelId": "anthropic.claude-sonnet-4-20250514-v1:0", "messages": messages}
    if scene.tools:
        specs = [
            {"toolSpec": {"name": tool.name, "inputSchema": {"json": tool.parameters}}}
            for tool in scene.tools
        ]
        return body | {"toolConfig": {"tools": specs}}
    return body
