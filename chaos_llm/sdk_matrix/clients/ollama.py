"""Ollama's SDK, which never retries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import LIMIT, REFUSALS, THINKING, Client, Scene, call_text
from chaos_llm.sdk_matrix.clients import _chat


class OllamaClient(Client):
    """The chat API."""

    module: ClassVar[str] = "ollama"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.Client(host="http://127.0.0.1:11434", timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _read(client.chat(**_chat.body(scene, "llama3.2")))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        for reply in client.chat(stream=True, **_chat.body(scene, "llama3.2")):
            yield _read(reply)

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        for reply in client.chat(stream=True, think=True, **_chat.body(scene, "deepseek-r1")):
            yield (reply.message.thinking or "") + _read(reply)


def _read(reply: Any) -> str:
    calls = reply.message.tool_calls or ()
    texts = (call_text(call.function.name, dict(call.function.arguments)) for call in calls)
    return (reply.message.content or "") + "".join(texts)
