"""Groq's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene
from chaos_llm.sdk_matrix.clients import _chat


class GroqClient(Client):
    """Chat Completions in Groq's dialect."""

    module: ClassVar[str] = "groq"
    oldest: ClassVar[int] = 1
    model: ClassVar[str] = "llama-3.3-70b-versatile"
    thinker: ClassVar[str] = "openai/gpt-oss-120b"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.Groq(api_key=KEY, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.chat.completions.create(**_chat.body(scene, self.model)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _chat.body(scene, self.model)
        yield from _chat.pieces(client.chat.completions.create(stream=True, **body))

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _chat.body(scene, self.thinker)
        yield from _chat.pieces(client.chat.completions.create(stream=True, **body))
