"""Meta's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, Client, Scene, call_text
from chaos_llm.sdk_matrix.clients import _chat


class MetaLlamaClient(Client):
    """The Llama API's chat completions; their JSON differs from OpenAI's."""

    module: ClassVar[str] = "llama_api_client"
    model: ClassVar[str] = "Llama-4-Maverick-17B-128E-Instruct-FP8"

    def new_client(self) -> Any:
        return self.sdk.LlamaAPIClient(api_key=KEY, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        completion = client.chat.completions.create(**_chat.body(scene, self.model))
        if isinstance(completion, str):  # the SDK returns a body that is not JSON as text
            yield completion
            return
        message = completion.completion_message
        content = getattr(message, "content", None)
        yield content if isinstance(content, str) else getattr(content, "text", "")
        yield _chat.calls(getattr(message, "tool_calls", None))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _chat.body(scene, self.model)
        for chunk in client.chat.completions.create(stream=True, **body):
            delta = chunk.event.delta
            if delta.type == "text":
                yield delta.text
            else:
                yield call_text(delta.function.name, delta.function.arguments or "")
