"""The vendors' SDKs at the other end of a wire format, sync and async by the same code.

Two generations of them exist: on httpx (anthropic before 1, openai before 3) and on httpx2. What is
installed is what is driven.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from chaos_llm.protocol.messages import Answer, Request, WireRequest
from chaos_llm.providers import Provider
from support.http_clients import each, settle
from support.wire_requests import answer_wire


@dataclass
class Seen:
    """What an app sees of one answer, in no vendor's terms."""

    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    stop: str | None = None
    tokens: tuple[int, int] | None = None
    request_id: str | None = None
    parsed: Any = None


@dataclass
class Driver:
    """One SDK client against one wire format that gives these answers, one after the other."""

    provider: Provider
    answers: list[Answer]
    is_async: bool
    requests: list[Request] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)

    @property
    def sdk(self) -> ModuleType:
        return pytest.importorskip("anthropic" if self.provider.name == "anthropic" else "openai")

    @property
    def on_httpx2(self) -> bool:
        major = int(self.sdk.__version__.split(".")[0])
        return major >= (1 if self.sdk.__name__ == "anthropic" else 3)

    def client(self) -> Any:
        """A real client of the SDK, without retries, on a transport that renders our replies."""
        http = importlib.import_module("httpx2" if self.on_httpx2 else "httpx")
        flavour = "Async" if self.is_async else ""
        transport = http.MockTransport(lambda request: self._play(http, request))
        http_client = getattr(http, flavour + "Client")(transport=transport)
        version = "" if self.provider.name == "anthropic" else "/v1"
        maker = "Anthropic" if self.provider.name == "anthropic" else "OpenAI"
        return getattr(self.sdk, flavour + maker)(
            api_key="sk-test",
            base_url=f"https://{self.provider.hosts[0]}{version}",
            max_retries=0,
            http_client=http_client,
        )

    def _play(self, http: ModuleType, sent: Any) -> Any:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        query = sent.url.query.decode()
        wire = WireRequest(sent.method, sent.url.host, sent.url.path, query, headers, sent.content)
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        request, reply = answer_wire(wire, self.provider.name, answer)
        self.requests.append(request)
        self.replies.append(reply)
        return http.Response(reply.status, headers=list(reply.headers), content=reply.body)

    def run(self, scene: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a scene with a client; a scene awaits everything through `settle`."""

        async def play() -> Any:
            return await scene(self.client(), *args, **kwargs)

        return asyncio.run(play())


class opened:  # noqa: N801 - reads as what it does
    """A sync or an async context manager, entered."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    async def __aenter__(self) -> Any:
        if hasattr(self.manager, "__aenter__"):
            return await self.manager.__aenter__()
        return self.manager.__enter__()

    async def __aexit__(self, *error: object) -> None:
        if hasattr(self.manager, "__aexit__"):
            await self.manager.__aexit__(*error)
        else:
            self.manager.__exit__(*error)


class Messages:
    """Scenes with Anthropic's Messages API."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        message = await settle(client.messages.create(**body))
        return seen_message(message, message._request_id)

    async def stream(self, client: Any, **body: Any) -> Seen:
        async with opened(client.messages.stream(**body)) as stream:
            message = await settle(stream.get_final_message())
            return seen_message(message, stream.response.headers["request-id"])

    async def events(self, client: Any, told: list[str], **body: Any) -> None:
        async for event in each(await settle(client.messages.create(stream=True, **body))):
            is_text = event.type == "content_block_delta" and event.delta.type == "text_delta"
            told.extend([event.delta.text] if is_text else ())

    async def parse(self, client: Any, shape: type, **body: Any) -> Any:
        message = await settle(client.messages.parse(output_format=shape, **body))
        return message.parsed_output

    async def parse_stream(self, client: Any, shape: type, **body: Any) -> Any:
        async with opened(client.messages.stream(output_format=shape, **body)) as stream:
            return (await settle(stream.get_final_message())).parsed_output

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        return {"tools": [{"name": name, "input_schema": parameters}]}

    def with_result(self, body: Any, request_reply: Any, result: str) -> dict[str, Any]:
        content = json.loads(request_reply.body)["content"]
        use = next(block for block in content if block["type"] == "tool_use")
        answer = {"type": "tool_result", "tool_use_id": use["id"], "content": result}
        more = [{"role": "assistant", "content": content}, {"role": "user", "content": [answer]}]
        return body | {"messages": [*body["messages"], *more]}


def seen_message(message: Any, request_id: str) -> Seen:
    return Seen(
        text="".join(block.text for block in message.content if block.type == "text"),
        calls=[(block.name, block.input) for block in message.content if block.type == "tool_use"],
        stop=message.stop_reason,
        tokens=(message.usage.input_tokens, message.usage.output_tokens),
        request_id=request_id,
    )


class Chat:
    """Scenes with OpenAI's Chat Completions API."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        completion = await settle(client.chat.completions.create(**body))
        return _seen_chat(completion, completion._request_id)

    async def stream(self, client: Any, **body: Any) -> Seen:
        request = {"stream_options": {"include_usage": True}}
        async with opened(client.chat.completions.stream(**body, **request)) as stream:
            async for _ in each(stream):
                pass
            completion = await settle(stream.get_final_completion())
            return _seen_chat(completion, stream._response.headers["x-request-id"])

    async def events(self, client: Any, told: list[str], **body: Any) -> None:
        stream = await settle(client.chat.completions.create(stream=True, **body))
        async for chunk in each(stream):
            told.extend(choice.delta.content or "" for choice in chunk.choices)

    async def parse(self, client: Any, shape: type, **body: Any) -> Any:
        completion = await settle(client.chat.completions.parse(response_format=shape, **body))
        return completion.choices[0].message.parsed

    async def parse_stream(self, client: Any, shape: type, **body: Any) -> Any:
        manager = client.chat.completions.stream(response_format=shape, **body)
        async with opened(manager) as stream:
            completion = await settle(stream.get_final_completion())
            return completion.choices[0].message.parsed

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        function = {"name": name, "parameters": parameters, "strict": True}
        return {"tools": [{"type": "function", "function": function}]}

    def with_result(self, body: Any, reply: Any, result: str) -> dict[str, Any]:
        message = json.loads(reply.body)["choices"][0]["message"]
        call = message["tool_calls"][0]["id"]
        answer = {"role": "tool", "tool_call_id": call, "content": result}
        return body | {"messages": [*body["messages"], message, answer]}


def _seen_chat(completion: Any, request_id: str) -> Seen:
    choice, usage = completion.choices[0], completion.usage
    return Seen(
        text=choice.message.content or "",
        calls=[
            (call.function.name, json.loads(call.function.arguments))
            for call in choice.message.tool_calls or ()
        ],
        stop=choice.finish_reason,
        tokens=(usage.prompt_tokens, usage.completion_tokens),
        request_id=request_id,
    )


class Responses:
    """Scenes with OpenAI's Responses API."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        response = await settle(client.responses.create(**body))
        return _seen_response(response, response._request_id)

    async def stream(self, client: Any, **body: Any) -> Seen:
        async with opened(client.responses.stream(**body)) as stream:
            response = await settle(stream.get_final_response())
            return _seen_response(response, stream._response.headers["x-request-id"])

    async def events(self, client: Any, told: list[str], **body: Any) -> None:
        async for event in each(await settle(client.responses.create(stream=True, **body))):
            told.extend([event.delta] if event.type == "response.output_text.delta" else ())

    async def parse(self, client: Any, shape: type, **body: Any) -> Any:
        return (await settle(client.responses.parse(text_format=shape, **body))).output_parsed

    async def parse_stream(self, client: Any, shape: type, **body: Any) -> Any:
        async with opened(client.responses.stream(text_format=shape, **body)) as stream:
            return (await settle(stream.get_final_response())).output_parsed

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        return {
            "tools": [{"type": "function", "name": name, "parameters": parameters, "strict": False}]
        }

    def with_result(self, body: Any, reply: Any, result: str) -> dict[str, Any]:
        output = json.loads(reply.body)["output"]
        call = next(item["call_id"] for item in output if item["type"] == "function_call")
        answer = {"type": "function_call_output", "call_id": call, "output": result}
        return body | {"input": [{"role": "user", "content": body["input"]}, *output, answer]}


def _seen_response(response: Any, request_id: str) -> Seen:
    return Seen(
        text=response.output_text,
        calls=[
            (item.name, json.loads(item.arguments))
            for item in response.output
            if item.type == "function_call"
        ],
        stop=response.status,
        tokens=(response.usage.input_tokens, response.usage.output_tokens),
        request_id=request_id,
    )


SCENES: dict[str, Any] = {"messages": Messages(), "chat": Chat(), "responses": Responses()}
