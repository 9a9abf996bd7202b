"""Anthropic's SDK: its own API, Vertex AI and Bedrock; `messages.stream` is its helper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene, call_text


class AnthropicClient(Client):
    """The Messages API."""

    module: ClassVar[str] = "anthropic"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", "helper", THINKING, REFUSALS)

    model: ClassVar[str] = "claude-opus-4-6"

    def new_client(self) -> Any:
        return self.sdk.Anthropic(api_key=KEY, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _read(client.messages.create(**self._body(scene)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _pieces(client.messages.create(stream=True, **self._body(scene)))

    def helper(self, client: Any, scene: Scene) -> Iterator[str]:
        with client.messages.stream(**self._body(scene)) as stream:
            yield _read(stream.get_final_message())

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = self._body(scene) | {"max_tokens": 4000, "thinking": {"type": "adaptive"}}
        yield from _pieces(client.messages.create(stream=True, **body))

    def _body(self, scene: Scene) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "max_tokens": 100, "messages": scene.messages}
        if scene.tools:
            tools = [{"name": tool.name, "input_schema": tool.parameters} for tool in scene.tools]
            body["tools"] = tools
        return body


class AnthropicVertexClient(AnthropicClient):
    """The Messages API on Google's Vertex AI."""

    needs: ClassVar[tuple[str, ...]] = ("google.auth",)

    def new_client(self) -> Any:
        return self.sdk.AnthropicVertex(
            region="europe-west1",
            project_id="a-project",
            access_token=KEY,
            max_retries=0,
            timeout=LIMIT,
        )


class AnthropicBedrockClient(AnthropicClient):
    """The Messages API on AWS Bedrock; its streams come from `invoke-with-response-stream`."""

    needs: ClassVar[tuple[str, ...]] = ("botocore",)
    model: ClassVar[str] = "anthropic.claude-opus-4-6-v1:0"

    def new_client(self) -> Any:
        return self.sdk.AnthropicBedrock(
            aws_region="us-east-1",
            aws_access_key="AKIAIOSFODNN7EXAMPLE",
            aws_secret_key=KEY,
            max_retries=0,
            timeout=LIMIT,
        )


def _pieces(events: Any) -> Iterator[str]:
    for event in events:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            yield call_text(event.content_block.name)
        if event.type == "content_block_delta":
            texts = (getattr(event.delta, name, "") for name in _TEXTS)
            yield next(filter(None, texts), "")


_TEXTS = ("text", "partial_json", "thinking")  # of deltas


def _read(message: Any) -> str:
    if isinstance(message, str):  # the SDK returns a body that is not JSON as text
        return message
    blocks = message.content or ()
    return "".join(
        call_text(block.name, block.input) if block.type == "tool_use" else block.text
        for block in blocks
    )
