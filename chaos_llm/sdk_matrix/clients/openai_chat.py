"""OpenAI's SDK: Chat Completions of OpenAI and of providers whose documentation uses this SDK.

Its helper is `chat.completions.stream`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene
from chaos_llm.sdk_matrix.clients import _chat


@dataclass(frozen=True)
class OpenAIChatClient(Client):
    """The Chat Completions API at `address`, where `model` is served."""

    address: str = "https://api.openai.com/v1"
    model: str = "gpt-5.2"

    module: ClassVar[str] = "openai"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", "helper", REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.OpenAI(api_key=KEY, base_url=self.address, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.chat.completions.create(**_chat.body(scene, self.model)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _chat.pieces(client.chat.completions.create(stream=True, **self._body(scene)))

    def helper(self, client: Any, scene: Scene) -> Iterator[str]:
        with client.chat.completions.stream(**self._body(scene)) as stream:
            yield _chat.read(stream.get_final_completion())

    def _body(self, scene: Scene) -> dict[str, Any]:
        return _chat.body(scene, self.model) | {"stream_options": {"include_usage": True}}


@dataclass(frozen=True)
class ThinkingChatClient(OpenAIChatClient):
    """The same at a vendor whose model `thinker` shows what it thinks."""

    thinker: str = ""

    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", "helper", THINKING, REFUSALS)

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = self._body(scene) | {"model": self.thinker}
        yield from _chat.pieces(client.chat.completions.create(stream=True, **body))


class AzureChatClient(OpenAIChatClient):
    """The Chat Completions API on Azure; `address` is the resource's endpoint."""

    def new_client(self) -> Any:
        return self.sdk.AzureOpenAI(
            api_key=KEY,
            azure_endpoint=self.address,
            api_version="2024-10-21",
            max_retries=0,
            timeout=LIMIT,
        )
