"""Clients of systems that the SDK matrix has none for; each is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from chaos_llm.sdk_matrix.client import KEY, LIMIT, Client, Scene, call_text
from chaos_llm.sdk_matrix.clients import _chat
from chaos_llm.sdk_matrix.clients.gemini import GeminiClient

CLAUDE, GPT, GEMINI = "claude-opus-4-6", "gpt-5.2", "gemini-2.5-flash"


class OpenRouterClient(Client):
    """OpenRouter's own SDK, with its own retries."""

    module: ClassVar[str] = "openrouter"

    def new_client(self) -> Any:
        return self.sdk.OpenRouter(api_key=f"sk-or-v1-{'0' * 64}", timeout_ms=LIMIT * 1000)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.chat.send(**_chat.body(scene, f"openai/{GPT}")))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        body = _chat.body(scene, f"openai/{GPT}")
        yield from _chat.pieces(client.chat.send(stream=True, **body))


@dataclass(frozen=True)
class LangChainClient(Client):
    """A chat model of LangChain: `maker` of `module_name`, without retries."""

    module_name: str = "langchain_openai"
    maker: str = "ChatOpenAI"
    model: str = GPT

    module: ClassVar[str] = "langchain_core"

    def new_client(self) -> Any:
        make = getattr(importlib.import_module(self.module_name), self.maker)
        return make(model=self.model, api_key=KEY, max_retries=0, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        if scene.tools:
            client = client.bind_tools(scene.functions)
        message = client.invoke(scene.messages)
        calls = (call_text(call["name"], call["args"]) for call in message.tool_calls)
        yield str(message.text) + "".join(calls)

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        for chunk in client.stream(scene.messages):
            yield str(chunk.text)


class LiteLLMClient(Client):
    """`litellm.completion` with a model of Anthropic, without retries."""

    module: ClassVar[str] = "litellm"

    def new_client(self) -> Any:
        return self.sdk

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _chat.read(client.completion(**self._body(scene)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from _chat.pieces(client.completion(stream=True, **self._body(scene)))

    def _body(self, scene: Scene) -> dict[str, Any]:
        own = {"api_key": KEY, "max_tokens": 100, "num_retries": 0, "timeout": LIMIT}
        return _chat.body(scene, f"anthropic/{CLAUDE}") | own


class XaiClient(Client):
    """xAI's own SDK, over gRPC, with the retries of its default options."""

    module: ClassVar[str] = "xai_sdk"

    def new_client(self) -> Any:
        return self.sdk.Client(api_key=KEY, timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        response = self._chat(client, scene).sample()
        functions = (call.function for call in response.tool_calls or ())
        calls = (call_text(each.name, each.arguments) for each in functions)
        yield response.content + "".join(calls)

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        for _, chunk in self._chat(client, scene).stream():
            yield chunk.content

    def _chat(self, client: Any, scene: Scene) -> Any:
        chat = importlib.import_module("xai_sdk.chat")
        messages = [chat.user(text) for _, text in scene.conversation]
        tools = [chat.tool(t.name, t.description or t.name, t.parameters) for t in scene.tools]
        return client.chat.create(model="grok-3", messages=messages, tools=tools or None)


class VertexGrpcClient(Client):
    """Vertex AI by google-cloud-aiplatform, whose default transport is gRPC."""

    module: ClassVar[str] = "vertexai"

    def new_client(self) -> Any:
        credentials = importlib.import_module("support.grpc_clients").Token()
        self.sdk.init(project="a-project", location="us-central1", credentials=credentials)
        return importlib.import_module("vertexai.generative_models")

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        yield _vertex_text(client.GenerativeModel(GEMINI).generate_content(**_asked(client, scene)))

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        model = client.GenerativeModel(GEMINI)
        for response in model.generate_content(stream=True, **_asked(client, scene)):
            yield _vertex_text(response)


def _asked(module: Any, scene: Scene) -> dict[str, Any]:
    declared = [
        module.FunctionDeclaration(name=tool.name, parameters=dict(tool.parameters))
        for tool in scene.tools
    ]
    tools = [module.Tool(function_declarations=declared)] if declared else None
    return {"contents": scene.conversation[-1][1], "tools": tools}


def _vertex_text(response: Any) -> str:
    text = ""
    for part in response.candidates[0].content.parts:
        call = part.function_call
        text += call_text(call.name, dict(call.args)) if call else part.text
    return text


class VertexRestClient(GeminiClient):
    """Vertex AI by Google's SDK for Gemini, over REST."""

    def new_client(self) -> Any:
        credentials = importlib.import_module("google.oauth2.credentials").Credentials("ya29.a")
        return self.sdk.Client(
            vertexai=True,
            project="a-project",
            location="us-central1",
            credentials=credentials,
            http_options=self.sdk.types.HttpOptions(timeout=LIMIT * 1000),
        )


@dataclass(frozen=True)
class StatusPageClient(Client):
    """A vendor's status page, as a monitor reads it."""

    url: str = ""

    module: ClassVar[str] = "httpx2"

    def new_client(self) -> Any:
        return self.sdk.Client(timeout=LIMIT)

    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        response = client.get(self.url)
        response.raise_for_status()
        yield response.json()["page"]["name"]

    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        yield from self.plain(client, scene)
