"""OpenAI's SDK: the Responses API, with `responses.stream` as its helper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene, call_text


class OpenAIResponsesClient(Client):
    """The Responses API."""

    module: ClassVar[str] = "openai"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", "helper", THINKING, REFUSALS)

    def new_client(self) -> Any:
        return self.sdk.OpenAI(api_key=KEY, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _read(client.responses.create(**_body(scene)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _pieces(client.responses.create(stream=True, **_body(scene)))

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _body(scene) | {"reasoning": {"summary": "auto"}}
        yield from _pieces(client.responses.create(stream=True, **body))

    def helper(self, client: Any, scene: Scene) -> Iterator[str]:
        with client.responses.stream(**_body(scene)) as stream:
            yield _read(stream.get_final_response())


def _pieces(events: Any) -> Iterator[str]:
    for event in events:
        if event.type == "response.output_item.added" and event.item.type == "function_call":
            yield call_text(event.item.name)
        if event.type.endswith(".delta"):
            yield event.delta


def _body(scene: Scene) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "gpt-5.2", "input": scene.messages}
    if scene.tools:
        functions = (each["function"] for each in scene.functions)
        body["tools"] = [{"type": "function", "strict": False, **each} for each in functions]
    return body


def _read(response: Any) -> str:
    if isinstance(response, str):  # the SDK returns a body that is not JSON as text
        return response
    text = ""
    for item in response.output or ():
        if item.type == "function_call":
            text += call_text(item.name, item.arguments)
        elif item.type == "message":
            text += "".join(map(_part, item.content))
    return text


def _part(part: Any) -> str:
    return getattr(part, "text", "") or getattr(part, "refusal", "") or ""
