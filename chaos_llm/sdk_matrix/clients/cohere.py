"""Cohere's SDK: the second version of its chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene
from chaos_llm.sdk_matrix.clients import _chat


class CohereClient(Client):
    """The v2 chat API."""

    module: ClassVar[str] = "cohere"
    oldest: ClassVar[int] = 7
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.ClientV2(
            api_key=KEY, timeout=LIMIT, log_warning_experimental_features=False
        )

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        message: Any = getattr(client.chat(**_body(scene)), "message", None)
        parts = getattr(message, "content", None) or ()
        yield "".join(part.text for part in parts)
        yield _chat.calls(getattr(message, "tool_calls", None))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _pieces(client.chat_stream(**_body(scene)))

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _body(scene) | {"model": "command-a-reasoning-08-2025"}
        yield from _pieces(client.chat_stream(**body, thinking={"type": "enabled"}))


def _pieces(events: Any) -> Iterator[str]:
    for event in events:
        message: Any = getattr(getattr(event, "delta", None), "message", None)
        if event.type == "content-delta":
            content = message.content
            yield getattr(content, "thinking", None) or content.text or ""
        elif event.type in ("tool-call-start", "tool-call-delta"):
            yield _chat.calls([message.tool_calls])


def _body(scene: Scene) -> dict[str, Any]:
    body = _chat.body(scene, "command-a-03-2025")
    return body | {"request_options": {"max_retries": 0}}
