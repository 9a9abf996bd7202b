"""Mistral's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene
from chaos_llm.sdk_matrix.clients import _chat


class MistralClient(Client):
    """Chat completions in Mistral's dialect; this SDK retries only if its options ask for it."""

    module: ClassVar[str] = "mistralai.client"
    oldest: ClassVar[int] = 3
    model: ClassVar[str] = "mistral-large-latest"
    thinker: ClassVar[str] = "magistral-medium-latest"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.Mistral(api_key=KEY, timeout_ms=LIMIT * 1000)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.chat.complete(**_chat.body(scene, self.model)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        with client.chat.stream(**_chat.body(scene, self.model)) as events:
            yield from _chat.pieces(event.data for event in events)

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        with client.chat.stream(**_chat.body(scene, self.thinker)) as events:
            yield from _chat.pieces(event.data for event in events)
