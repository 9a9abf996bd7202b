"""The SDKs that vendors of OpenAI's manner ship, and OpenAI's own for those that ship none.

Each is driven through the same few scenes. One that is not installed, or is of another generation,
skips its tests; `nox -s vendor_sdks` has them all.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from types import ModuleType
from typing import Any

import pytest

from support.sdk_drivers import Driver, Seen, each, opened, settle
from support.wire_requests import host_of


@dataclass
class Vendor(Driver):
    """A client of one SDK, sync or async, against one wire format."""

    wants: str = "openai"

    def sdk_or_skip(self) -> ModuleType:
        sdk = pytest.importorskip(MODULES.get(self.wants, self.wants))
        if self.major < OLDEST[self.wants]:
            pytest.skip(f"{self.wants} is of an older generation")
        return sdk

    @property
    def major(self) -> int:
        return int(version(self.wants.replace("_", "-")).split(".")[0])

    @property
    def on_httpx2(self) -> bool:
        return self.major >= {"mistralai": 3, "openai": 3}.get(self.wants, 99)

    def client(self) -> Any:
        http = importlib.import_module("httpx2" if self.on_httpx2 else "httpx")
        transport = http.MockTransport(lambda request: self._play(http, request))
        flavour = "Async" if self.is_async else ""
        http_client = getattr(http, flavour + "Client")(transport=transport)
        return CLIENTS[self.wants](self, f"https://{host_of(self.provider)}", http_client)


def _stainless(maker: str, path: str = "") -> Any:
    def client(vendor: Vendor, address: str, http_client: Any) -> Any:
        maker_of = getattr(vendor.sdk_or_skip(), ("Async" if vendor.is_async else "") + maker)
        return maker_of(
            api_key="sk-test", base_url=address + path, max_retries=0, http_client=http_client
        )

    return client


def _openai(vendor: Vendor, address: str, http_client: Any) -> Any:
    path = OPENAI_PATHS.get(vendor.provider.name, "/v1")
    return _stainless("OpenAI", path)(vendor, address, http_client)


def _mistral(vendor: Vendor, address: str, http_client: Any) -> Any:
    name = "async_client" if vendor.is_async else "client"
    maker = vendor.sdk_or_skip().Mistral
    client = maker(api_key="sk-test", server_url=address, **{name: http_client})
    client.told_async = vendor.is_async  # one client has both ways
    return client


MODULES = {"mistralai": "mistralai.client"}
OLDEST = {"openai": 2, "groq": 1, "together": 2, "mistralai": 3, "llama_api_client": 0}
OPENAI_PATHS = {
    "groq": "/openai/v1",
    "openrouter": "/api/v1",
    "meta-llama": "/compat/v1",
    "deepseek": "",
    "azure-openai": "/openai/v1",
}
CLIENTS = {
    "openai": _openai,
    "groq": _stainless("Groq"),
    "together": _stainless("Together"),
    "mistralai": _mistral,
    "llama_api_client": _stainless("LlamaAPIClient", "/v1"),
}


class Stainless:
    """Scenes with the SDKs that have `chat.completions.create`."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        completion = await settle(client.chat.completions.create(**body))
        choice, usage = completion.choices[0], completion.usage
        calls = [(c.function.name, c.function.arguments) for c in choice.message.tool_calls or ()]
        return Seen(
            text=choice.message.content or "",
            calls=[(name, json.loads(arguments)) for name, arguments in calls],
            stop=choice.finish_reason,
            tokens=(usage.prompt_tokens, usage.completion_tokens),
        )

    async def stream(self, client: Any, told: list[str] | None = None, **body: Any) -> Seen:
        stream = await settle(client.chat.completions.create(stream=True, **body))
        seen, told, calls = Seen(), told if told is not None else [], []
        async for chunk in each(stream):
            for choice in chunk.choices:
                told.append(choice.delta.content or "")
                seen.stop = choice.finish_reason or seen.stop
                for part in choice.delta.tool_calls or ():
                    if part.function.name:
                        calls.append([part.function.name, ""])
                    calls[-1][1] += part.function.arguments or ""
            usage = _usage_of(chunk)
            if usage:
                seen.tokens = (usage.prompt_tokens, usage.completion_tokens)
        seen.text = "".join(told)
        seen.calls = [(name, json.loads(arguments)) for name, arguments in calls]
        return seen


def _usage_of(chunk: Any) -> Any:
    groqs = getattr(chunk, "x_groq", None)
    return getattr(chunk, "usage", None) or getattr(groqs, "usage", None)


class MistralScenes:
    """Scenes with Mistral's SDK; its names for sync and async differ."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        ask = client.chat.complete_async if client.told_async else client.chat.complete
        return _mistral_seen(await settle(ask(**body)))

    async def stream(self, client: Any, told: list[str] | None = None, **body: Any) -> Seen:
        ask = client.chat.stream_async if client.told_async else client.chat.stream
        seen, told = Seen(), told if told is not None else []
        async with opened(await settle(ask(**body))) as stream:
            async for event in each(stream):
                (choice,) = event.data.choices
                told.append(choice.delta.content or "")
                seen.stop = choice.finish_reason or seen.stop
                seen.calls += _mistral_calls(choice.delta.tool_calls)
                if event.data.usage:
                    usage = event.data.usage
                    seen.tokens = (usage.prompt_tokens, usage.completion_tokens)
        seen.text = "".join(told)
        return seen


def _mistral_seen(completion: Any) -> Seen:
    (choice,), usage = completion.choices, completion.usage
    return Seen(
        text=choice.message.content or "",
        calls=_mistral_calls(choice.message.tool_calls),
        stop=choice.finish_reason,
        tokens=(usage.prompt_tokens, usage.completion_tokens),
    )


def _mistral_calls(calls: Any) -> list[tuple[str, Any]]:
    return [(c.function.name, json.loads(c.function.arguments)) for c in calls or ()]


class LlamaScenes:
    """Scenes with Meta's SDK, in the Llama API's own shapes."""

    async def whole(self, client: Any, **body: Any) -> Seen:
        completion = await settle(client.chat.completions.create(**body))
        message = completion.completion_message
        metrics = {metric.metric: int(metric.value) for metric in completion.metrics}
        return Seen(
            text=message.content.text if message.content else "",
            calls=[
                (c.function.name, json.loads(c.function.arguments))
                for c in message.tool_calls or ()
            ],
            stop=message.stop_reason,
            tokens=(metrics["num_prompt_tokens"], metrics["num_completion_tokens"]),
        )

    async def stream(self, client: Any, told: list[str] | None = None, **body: Any) -> Seen:
        stream = await settle(client.chat.completions.create(stream=True, **body))
        seen, told, calls = Seen(), told if told is not None else [], []
        async for chunk in each(stream):
            delta = chunk.event.delta
            if delta.type == "text":
                told.append(delta.text)
            else:
                if delta.function.name:
                    calls.append([delta.function.name, ""])
                calls[-1][1] += delta.function.arguments or ""
            seen.stop = chunk.event.stop_reason or seen.stop
            metrics = {each.metric: int(each.value) for each in chunk.event.metrics or ()}
            if metrics:
                seen.tokens = (metrics["num_prompt_tokens"], metrics["num_completion_tokens"])
        seen.text = "".join(told)
        seen.calls = [(name, json.loads(arguments)) for name, arguments in calls]
        return seen


STAINLESS = Stainless()
SCENES = {"mistralai": MistralScenes(), "llama_api_client": LlamaScenes()}


def scenes_of(vendor: Vendor) -> Any:
    return SCENES.get(vendor.wants, STAINLESS)
