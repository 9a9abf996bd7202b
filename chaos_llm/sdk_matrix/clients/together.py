"""Together's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, Client, Scene
from chaos_llm.sdk_matrix.clients import _chat


class TogetherClient(Client):
    """Chat Completions in Together's dialect."""

    module: ClassVar[str] = "together"
    oldest: ClassVar[int] = 2
    model: ClassVar[str] = "meta-llama/Llama-3.3-70B-Instruct-Turbo"

    def new_client(self) -> Any:
        # Without an address this SDK sends chat, and nothing else, to api-inference.together.ai.
        address = "https://api.together.ai"
        return self.sdk.Together(api_key=KEY, base_url=address, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.chat.completions.create(**_chat.body(scene, self.model)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _chat.body(scene, self.model)
        yield from _chat.pieces(client.chat.completions.create(stream=True, **body))
