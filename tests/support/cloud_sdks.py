"""The SDKs of the clouds at the other end of their dialects, sync and async by the same code.

What is not installed skips its tests; `nox -s cloud_sdks` has it all, in two generations.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import pytest

from chaos_llm.protocol.messages import WireRequest
from support.cloud_requests import ENDPOINTS
from support.sdk_drivers import Driver, Messages, Seen, each, opened, seen_message, settle
from support.wire_requests import PROMPT, answer_wire, host_of

NEED = {
    "gemini-generate_content": "google-genai",
    "vertex-generate_content": "google-genai",
    "vertex-raw_predict": "anthropic",
    "bedrock-converse": "boto3",
    "bedrock-invoke": "anthropic",
    "cohere-v2_chat": "cohere",
    "ollama-api_chat": "ollama",
    "ollama-api_generate": "ollama",
}
OLDEST = {"google-genai": 2, "cohere": 7}
_MODULES = {"google-genai": "google.genai"}
_FIRST_ON_HTTPX2 = {"google-genai": 3, "anthropic": 1}


@dataclass
class Cloud(Driver):
    """A client of a cloud's SDK, against one wire format that gives these answers."""

    package: str = ""
    door: str = ""  # whose client it is, where an SDK has one for several formats
    made: list[Any] = field(default_factory=list)

    def skip_unless_here(self) -> None:
        pytest.importorskip(_MODULES.get(self.package, self.package))
        if self.major < OLDEST.get(self.package, 0):
            pytest.skip(f"{self.package} is of an older generation")
        if self.package == "google-genai" and self.is_async and find_spec("aiohttp"):
            pytest.skip("with aiohttp in reach this client is on aiohttp")
        if self.package == "boto3" and self.is_async:
            pytest.skip("boto3 is sync only")
        if self.package == "anthropic" and self.provider.name == "bedrock":
            pytest.importorskip("botocore")
        if self.package == "anthropic" and self.provider.name == "vertex":
            pytest.importorskip("google.auth")

    @property
    def major(self) -> int:
        return int(version(self.package).split(".")[0])

    @property
    def on_httpx2(self) -> bool:
        return self.major >= _FIRST_ON_HTTPX2.get(self.package, 99)

    def client(self) -> Any:
        http = importlib.import_module("httpx2" if self.on_httpx2 else "httpx")
        transport = http.MockTransport(lambda request: self._play(http, request))
        door = self.door or f"{self.provider.name}-{self.provider.api}"
        client = CLIENTS[door](self, http, transport)
        self.made.append(client)  # google-genai's closes itself where nobody keeps it
        return client


def _genai(cloud: Cloud, http: Any, transport: Any) -> Any:
    genai = importlib.import_module("google.genai")
    args = {"client_args": {"transport": transport}, "async_client_args": {"transport": transport}}
    options = genai.types.HttpOptions(**args)
    if cloud.provider.name == "gemini":
        return genai.Client(api_key="sk-test", http_options=options)
    token = importlib.import_module("google.oauth2.credentials").Credentials(token="sk-test")
    return genai.Client(
        vertexai=True,
        project="a-project",
        location="europe-west1",
        credentials=token,
        http_options=options,
    )


def _anthropic(maker: str, **where: Any) -> Any:
    def client(cloud: Cloud, http: Any, transport: Any) -> Any:
        flavour = "Async" if cloud.is_async else ""
        http_client = getattr(http, flavour + "Client")(transport=transport)
        sdk = importlib.import_module("anthropic")
        return getattr(sdk, flavour + maker)(max_retries=0, http_client=http_client, **where)

    return client


def _cohere(cloud: Cloud, http: Any, transport: Any) -> Any:
    flavour = "Async" if cloud.is_async else ""
    http_client = getattr(http, flavour + "Client")(transport=transport)
    sdk = importlib.import_module("cohere")
    maker = getattr(sdk, flavour + "ClientV2")
    return maker(
        api_key="sk-test", httpx_client=http_client, log_warning_experimental_features=False
    )


def _ollama(cloud: Cloud, http: Any, transport: Any) -> Any:
    flavour = "Async" if cloud.is_async else ""
    sdk = importlib.import_module("ollama")
    return getattr(sdk, flavour + "Client")(host="http://127.0.0.1:11434", transport=transport)


def _boto3(cloud: Cloud, http: Any, transport: Any) -> Any:
    return boto3_client(cloud, "bedrock-runtime", f"https://{host_of(cloud.provider)}")


def boto3_client(cloud: Cloud, service: str, address: str) -> Any:
    """A client whose requests end before they are sent, in our replies."""
    boto3 = importlib.import_module("boto3")
    config = importlib.import_module("botocore.config").Config(
        retries={"mode": "standard", "total_max_attempts": 1}
    )
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=address,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        config=config,
    )
    client.meta.events.register(
        f"before-send.{service}.*", lambda request, **_: _sent(cloud, request)
    )
    return client


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amount: int = 7, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk


def _sent(cloud: Cloud, sent: Any) -> Any:
    parsed = importlib.import_module("urllib.parse").urlsplit(sent.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in sent.headers.items()
    }
    body = sent.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    wire = WireRequest(sent.method, parsed.netloc, parsed.path, parsed.query, headers, data)
    answer = cloud.answers[min(len(cloud.requests), len(cloud.answers) - 1)]
    request, reply = answer_wire(wire, cloud.provider.name, answer)
    cloud.requests.append(request)
    cloud.replies.append(reply)
    response = importlib.import_module("botocore.awsrequest").AWSResponse
    return response(sent.url, reply.status, dict(reply.headers), _Raw(reply.body))


_VERTEX = {"region": "europe-west1", "project_id": "a-project", "access_token": "sk-test"}
_BEDROCK = {
    "aws_access_key": "AKIATEST",
    "aws_secret_key": "secret",
    "aws_region": "us-east-1",
}
CLIENTS = {
    "gemini-generate_content": _genai,
    "vertex-generate_content": _genai,
    "vertex-raw_predict": _anthropic("AnthropicVertex", **_VERTEX),
    "bedrock-converse": _boto3,
    "bedrock-invoke": _anthropic("AnthropicBedrock", **_BEDROCK),
    "cohere-v2_chat": _cohere,
    "ollama-api_chat": _ollama,
    "ollama-api_generate": _ollama,
}


class Gemini:
    """Scenes with google-genai."""

    model = "gemini-2.5-flash"

    def models(self, client: Any, is_async: bool) -> Any:
        return client.aio.models if is_async else client.models

    async def whole(self, client: Any, is_async: bool, **more: Any) -> Seen:
        models = self.models(client, is_async)
        return _seen_gemini([await settle(models.generate_content(**self._asked(more)))])

    async def stream(self, client: Any, is_async: bool, **more: Any) -> Seen:
        models = self.models(client, is_async)
        stream = await settle(models.generate_content_stream(**self._asked(more)))
        return _seen_gemini([response async for response in each(stream)])

    async def events(self, client: Any, is_async: bool, told: list[str], **more: Any) -> None:
        models = self.models(client, is_async)
        stream = await settle(models.generate_content_stream(**self._asked(more)))
        async for response in each(stream):
            told.extend([response.text or ""])

    def _asked(self, more: dict[str, Any]) -> dict[str, Any]:
        return {"model": self.model, "contents": PROMPT} | more

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        declared = {"name": name, "parameters_json_schema": parameters}
        return {"config": {"tools": [{"function_declarations": [declared]}]}}

    def with_result(self, more: Any, reply: Any, result: str) -> dict[str, Any]:
        content = json.loads(reply.body)["candidates"][0]["content"]
        name = content["parts"][0]["functionCall"]["name"]
        answer = {"function_response": {"name": name, "response": {"result": result}}}
        first = {"role": "user", "parts": [{"text": PROMPT}]}
        return more | {"contents": [first, content, {"role": "user", "parts": [answer]}]}

    def with_schema(self, shape: type) -> dict[str, Any]:
        wanted = {"response_mime_type": "application/json", "response_schema": shape}
        return {"config": wanted}


def _seen_gemini(responses: list[Any]) -> Seen:
    last = responses[-1]
    usage = last.usage_metadata
    calls = [call for response in responses for call in response.function_calls or ()]
    texts = [
        part.text or ""
        for response in responses
        for part in response.candidates[0].content.parts or ()
    ]
    return Seen(
        text="".join(texts),
        calls=[(call.name, call.args) for call in calls],
        stop=last.candidates[0].finish_reason.value,
        tokens=(usage.prompt_token_count or 0, usage.candidates_token_count or 0),
        request_id=last.response_id,
    )


class Claude:
    """Scenes with Anthropic's SDK on another vendor's cloud."""

    model = "claude-opus-4-6"

    def _asked(self, more: dict[str, Any]) -> dict[str, Any]:
        messages = [{"role": "user", "content": PROMPT}]
        return {"model": self.model, "max_tokens": 100, "messages": messages} | more

    async def whole(self, client: Any, is_async: bool, **more: Any) -> Seen:
        return _seen_claude(await settle(client.messages.create(**self._asked(more))))

    async def stream(self, client: Any, is_async: bool, **more: Any) -> Seen:
        async with opened(client.messages.stream(**self._asked(more))) as stream:
            return _seen_claude(await settle(stream.get_final_message()))

    async def events(self, client: Any, is_async: bool, told: list[str], **more: Any) -> None:
        stream = await settle(client.messages.create(stream=True, **self._asked(more)))
        async for event in each(stream):
            is_text = event.type == "content_block_delta" and event.delta.type == "text_delta"
            told.extend([event.delta.text] if is_text else ())

    with_tool = Messages.with_tool

    def with_result(self, more: Any, reply: Any, result: str) -> dict[str, Any]:
        content = json.loads(reply.body)["content"]
        use = next(block for block in content if block["type"] == "tool_use")
        answer = {"type": "tool_result", "tool_use_id": use["id"], "content": result}
        answer_text = [
            {"role": "assistant", "content": content},
            {"role": "user", "content": [answer]},
        ]
        return more | {"messages": [{"role": "user", "content": PROMPT}, *answer_text]}


class ClaudeOnBedrock(Claude):
    """The same with Bedrock's name of the model."""

    model = "anthropic.claude-opus-4-6-v1:0"


def _seen_claude(message: Any) -> Seen:
    return seen_message(message, message.id)


class Converse:
    """Scenes with boto3 and Converse."""

    def _asked(self, more: dict[str, Any]) -> dict[str, Any]:
        messages = [{"role": "user", "content": [{"text": PROMPT}]}]
        return {"modelId": "anthropic.claude-opus-4-6-v1:0", "messages": messages} | more

    async def whole(self, client: Any, is_async: bool, **more: Any) -> Seen:
        reply = client.converse(**self._asked(more))
        return _seen_converse(
            reply["output"]["message"]["content"], reply["stopReason"], reply["usage"], reply
        )

    async def stream(self, client: Any, is_async: bool, **more: Any) -> Seen:
        reply = client.converse_stream(**self._asked(more))
        blocks: dict[int, dict[str, Any]] = {}
        for event in reply["stream"]:
            if "contentBlockStart" in event:
                start = event["contentBlockStart"]
                blocks[start["contentBlockIndex"]] = start["start"] | {"said": ""}
            if "contentBlockDelta" in event:
                delta = event["contentBlockDelta"]
                block = blocks.setdefault(delta["contentBlockIndex"], {"said": ""})
                answer_text = delta["delta"]
                block["said"] += (
                    answer_text["text"]
                    if "text" in answer_text
                    else answer_text["toolUse"]["input"]
                )
            stop = event.get("messageStop", {}).get("stopReason") or locals().get("stop")
            usage = event.get("metadata", {}).get("usage")
        content = [
            {"toolUse": block["toolUse"] | {"input": json.loads(block["said"])}}
            if "toolUse" in block
            else {"text": block["said"]}
            for block in blocks.values()
        ]
        return _seen_converse(content, stop, usage, reply)

    async def events(self, client: Any, is_async: bool, told: list[str], **more: Any) -> None:
        for event in client.converse_stream(**self._asked(more))["stream"]:
            delta = event.get("contentBlockDelta", {"delta": {}})["delta"]
            told.extend([delta["text"]] if delta else ())

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        spec = {"name": name, "inputSchema": {"json": parameters}}
        return {"toolConfig": {"tools": [{"toolSpec": spec}]}}

    def with_result(self, more: Any, reply: Any, result: str) -> dict[str, Any]:
        content = json.loads(reply.body)["output"]["message"]["content"]
        use = next(block["toolUse"] for block in content if "toolUse" in block)
        answer = {"toolUseId": use["toolUseId"], "content": [{"text": result}]}
        answer_text = [
            {"role": "user", "content": [{"text": PROMPT}]},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"toolResult": answer}]},
        ]
        return more | {"messages": answer_text}

    def with_schema(self, shape: Any) -> dict[str, Any]:
        schema = {"schema": json.dumps(shape.model_json_schema()), "name": "place"}
        form = {"type": "json_schema", "structure": {"jsonSchema": schema}}
        return {"outputConfig": {"textFormat": form}}


def _seen_converse(content: list[Any], stop: Any, usage: Any, reply: Any) -> Seen:
    uses = [block["toolUse"] for block in content if "toolUse" in block]
    return Seen(
        text="".join(block.get("text", "") for block in content),
        calls=[(use["name"], use["input"]) for use in uses],
        stop=stop,
        tokens=(usage["inputTokens"], usage["outputTokens"]),
        request_id=reply["ResponseMetadata"]["RequestId"],
    )


class Cohere:
    """Scenes with cohere's second version."""

    def _asked(self, more: dict[str, Any]) -> dict[str, Any]:
        messages = [{"role": "user", "content": PROMPT}]
        once = {"max_retries": 0}
        sent_body = {"model": "command-a-03-2025", "messages": messages, "request_options": once}
        return sent_body | more

    async def whole(self, client: Any, is_async: bool, **more: Any) -> Seen:
        reply = await settle(client.chat(**self._asked(more)))
        calls = [
            (call.function.name, call.function.arguments) for call in reply.message.tool_calls or ()
        ]
        texts = [part.text for part in reply.message.content or ()]
        return Seen(
            text="".join(texts) or reply.message.tool_plan or "",
            calls=[(name, json.loads(arguments)) for name, arguments in calls],
            stop=reply.finish_reason,
            tokens=(int(reply.usage.tokens.input_tokens), int(reply.usage.tokens.output_tokens)),
            request_id=reply.id,
        )

    async def stream(self, client: Any, is_async: bool, **more: Any) -> Seen:
        seen, calls = Seen(), {}
        async for event in each(client.chat_stream(**self._asked(more))):
            message = getattr(getattr(event, "delta", None), "message", None)
            match event.type:
                case "message-start":
                    seen.request_id = event.id
                case "content-delta":
                    seen.text += message.content.text
                case "tool-plan-delta":
                    seen.text += message.tool_plan
                case "tool-call-start":
                    calls[event.index] = [message.tool_calls.function.name, ""]
                case "tool-call-delta":
                    calls[event.index][1] += message.tool_calls.function.arguments
                case "message-end":
                    tokens = event.delta.usage.tokens
                    seen.stop = event.delta.finish_reason
                    seen.tokens = (int(tokens.input_tokens), int(tokens.output_tokens))
        seen.calls = [(name, json.loads(arguments)) for name, arguments in calls.values()]
        return seen

    async def events(self, client: Any, is_async: bool, told: list[str], **more: Any) -> Any:
        async for event in each(client.chat_stream(**self._asked(more))):
            if event.type == "content-delta":
                told.append(event.delta.message.content.text)
        return event.delta

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        return {
            "tools": [{"type": "function", "function": {"name": name, "parameters": parameters}}]
        }

    def with_result(self, more: Any, reply: Any, result: str) -> dict[str, Any]:
        message = json.loads(reply.body)["message"]
        call = message["tool_calls"][0]["id"]
        answer = {"role": "tool", "tool_call_id": call, "content": result}
        return more | {"messages": [{"role": "user", "content": PROMPT}, message, answer]}

    def with_schema(self, shape: Any) -> dict[str, Any]:
        form = {"type": "json_object", "schema": shape.model_json_schema()}
        return {"response_format": form}


class Ollama:
    """Scenes with ollama's chat."""

    def _ask(self, client: Any, more: dict[str, Any], *, stream: bool) -> Any:
        messages = [{"role": "user", "content": PROMPT}]
        return client.chat(**({"model": "llama3.2", "messages": messages, "stream": stream} | more))

    def _text(self, reply: Any) -> str:
        return reply.message.content or ""

    def _calls(self, reply: Any) -> list[Any]:
        calls = reply.message.tool_calls or ()
        return [(call.function.name, dict(call.function.arguments)) for call in calls]

    async def whole(self, client: Any, is_async: bool, **more: Any) -> Seen:
        return self._seen([await settle(self._ask(client, more, stream=False))])

    async def stream(self, client: Any, is_async: bool, **more: Any) -> Seen:
        stream = await settle(self._ask(client, more, stream=True))
        return self._seen([reply async for reply in each(stream)])

    async def events(self, client: Any, is_async: bool, told: list[str], **more: Any) -> None:
        async for reply in each(await settle(self._ask(client, more, stream=True))):
            told.extend([self._text(reply)])

    def _seen(self, replies: list[Any]) -> Seen:
        last = replies[-1]
        return Seen(
            text="".join(map(self._text, replies)),
            calls=[call for reply in replies for call in self._calls(reply)],
            stop=last.done_reason,
            tokens=(last.prompt_eval_count, last.eval_count),
            request_id=last.created_at,
        )

    def with_tool(self, name: str, parameters: Any) -> dict[str, Any]:
        return {
            "tools": [{"type": "function", "function": {"name": name, "parameters": parameters}}]
        }

    def with_result(self, more: Any, reply: Any, result: str) -> dict[str, Any]:
        message = json.loads(reply.body)["message"]
        answer = {"role": "tool", "tool_name": "track", "content": result}
        return more | {"messages": [{"role": "user", "content": PROMPT}, message, answer]}

    def with_schema(self, shape: Any) -> dict[str, Any]:
        return {"format": shape.model_json_schema()}


class OllamaPrompt(Ollama):
    """Scenes with ollama's completion of one prompt."""

    def _ask(self, client: Any, more: dict[str, Any], *, stream: bool) -> Any:
        return client.generate(**({"model": "llama3.2", "prompt": PROMPT, "stream": stream} | more))

    def _text(self, reply: Any) -> str:
        return reply.response or ""

    def _calls(self, reply: Any) -> list[Any]:
        return []


SCENES: dict[str, Any] = {
    "gemini-generate_content": Gemini(),
    "vertex-generate_content": Gemini(),
    "vertex-raw_predict": Claude(),
    "bedrock-converse": Converse(),
    "bedrock-invoke": ClaudeOnBedrock(),
    "cohere-v2_chat": Cohere(),
    "ollama-api_chat": Ollama(),
    "ollama-api_generate": OllamaPrompt(),
}


def driver(label: str, is_async: bool, *answers: Any) -> Cloud:
    """A driver for this dialect, or a skipped test."""
    cloud = Cloud(ENDPOINTS[label], list(answers), is_async, package=NEED[label])
    cloud.skip_unless_here()
    return cloud
