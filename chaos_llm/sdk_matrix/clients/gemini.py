"""Google's SDK, called synchronously: `generate_content` of the Gemini API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, REFUSALS, THINKING, Client, Scene, call_text


class GeminiClient(Client):
    """The Gemini API; this SDK retries only if its options ask for it."""

    module: ClassVar[str] = "google.genai"
    oldest: ClassVar[int] = 2
    foreign_role: ClassVar[str] = "developer"
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", THINKING, REFUSALS)

    def new_client(self) -> Any:
        options = self.sdk.types.HttpOptions(timeout=LIMIT * 1000)
        return self.sdk.Client(api_key=KEY, http_options=options)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _read(client.models.generate_content(**_body(scene)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        for response in client.models.generate_content_stream(**_body(scene)):
            yield _read(response)

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _body(scene)
        body["config"] = body.get("config", {}) | {"thinking_config": {"include_thoughts": True}}
        for response in client.models.generate_content_stream(**body):
            yield _read(response)


def _body(scene: Scene) -> dict[str, Any]:
    roles = {"user": "user", "assistant": "model"}
    contents = [
        {"role": roles.get(role, role), "parts": [{"text": text}]}
        for role, text in scene.conversation
    ]
    body: dict[str, Any] = {"model": "gemini-2.5-flash", "contents": contents}
    if scene.tools:
        declared = [
            {"name": tool.name, "parameters_json_schema": tool.parameters} for tool in scene.tools
        ]
        body["config"] = {
            "tools": [{"function_declarations": declared}],
            "automatic_function_calling": {"disable": True},
        }
    return body


def _read(response: Any) -> str:
    text = ""
    for candidate in response.candidates or ():
        for part in (candidate.content and candidate.content.parts) or ():
            call = part.function_call
            text += (part.text or "") + (call_text(call.name, call.args or {}) if call else "")
    return text
