"""Converse and InvokeModel by boto3, with the families of models on Bedrock."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from support.sound_requests import LOOSE, PNG

SDK = "boto3"
CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
MODELS = (
    CLAUDE,
    f"us.{CLAUDE}",
    f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{CLAUDE}",
    "us.anthropic.claude-opus-4-6-v1",
    "amazon.nova-pro-v1:0",
    "meta.llama3-3-70b-instruct-v1:0",
    "mistral.mistral-large-2407-v1:0",
    "openai.gpt-oss-120b-1:0",
)
TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": LOOSE}}}]}
USE = {"toolUseId": "tooluse_1", "name": "get_weather", "input": {"location": "a"}}
RESULT = {"toolUseId": "tooluse_1", "content": [{"text": "15"}, {"json": {"a": 1}}]}
THINKING = {
    "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    "inferenceConfig": {"maxTokens": 4000},
}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"text": "Hi"}, *parts]}


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "parameters": {
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 500, "temperature": 0.5, "stopSequences": ["x"]},
    },
    "tools": {"toolConfig": TOOLS},
    "forced tool": {"toolConfig": TOOLS | {"toolChoice": {"tool": {"name": "get_weather"}}}},
    "image": {
        "messages": [said({"image": {"format": "png", "source": {"bytes": b64decode(PNG)}}})]
    },
    "document": {
        "messages": [said({"document": {"format": "pdf", "name": "a", "source": {"bytes": b"x"}}})]
    },
    "cached": {"messages": [said({"cachePoint": {"type": "default"}})]},
    "turns": {"messages": [said(), {"role": "assistant", "content": [{"text": "a"}]}, said()]},
    "result": {
        "toolConfig": TOOLS,
        "messages": [
            said(),
            {"role": "assistant", "content": [{"text": "a"}, {"toolUse": USE}]},
            {"role": "user", "content": [{"toolResult": RESULT}]},
        ],
    },
}
BODIES: dict[str, dict[str, Any]] = {
    CLAUDE: {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "tools": [{"name": "w", "input_schema": LOOSE}],
    },
    "meta.llama3-3-70b-instruct-v1:0": {"prompt": "Hi", "max_gen_len": 10, "top_p": 0.9},
    "mistral.mistral-7b-instruct-v0:2": {"prompt": "<s>[INST]Hi[/INST]", "max_tokens": 10},
    "amazon.titan-text-premier-v1:0": {
        "inputText": "Hi",
        "textGenerationConfig": {"maxTokenCount": 10},
    },
    "cohere.command-r-v1:0": {"message": "Hi"},
    "ai21.jamba-1-5-large-v1:0": {"messages": [{"role": "user", "content": "Hi"}]},
    "amazon.nova-lite-v1:0": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
}


def client() -> Any:
    import boto3  # noqa: PLC0415

    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )


def ask(modelId: str, **more: Any) -> Any:  # noqa: N803 - boto3's name
    return client().converse(modelId=modelId, **{"messages": [said()], **more})


def stream(modelId: str, **more: Any) -> Any:  # noqa: N803 - boto3's name
    reply = client().converse_stream(modelId=modelId, **{"messages": [said()], **more})
    return list(reply["stream"])


def invoke(model: str) -> Any:
    body = json.dumps(BODIES[model])
    client().invoke_model(modelId=model, body=body)["body"].read()
    return list(client().invoke_model_with_response_stream(modelId=model, body=body)["body"])


def loop(model: str, **more: Any) -> None:
    """A loop of tools that sends the model's messages back."""
    turns = [said()]
    for _ in range(2):
        message = ask(model, messages=turns, toolConfig=TOOLS, **more)["output"]["message"]
        uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        results = [{"toolResult": RESULT | {"toolUseId": use["toolUseId"]}} for use in uses]
        turns += [message, {"role": "user", "content": results or [{"text": "Thanks."}]}]
    ask(model, messages=turns, toolConfig=TOOLS, **more)


CASES: dict[str, Any] = {
    "loop of Nova": (loop, {"model": "amazon.nova-pro-v1:0"}),
    "loop of Claude": (loop, {"model": CLAUDE}),
    "loop of Claude that thinks": (loop, {"model": CLAUDE, **THINKING}),
}
for _model in MODELS:
    for _name, _request in REQUESTS.items():
        if _name == "forced tool" and _model.startswith(("meta.", "mistral.")):
            continue  # which choose by themselves
        _asked = {"modelId": _model, **_request}
        CASES[f"{_model}: {_name}, whole"] = (ask, _asked)
        CASES[f"{_model}: {_name}, streamed"] = (stream, _asked)
CASES |= {f"invoke {_model}": (invoke, {"model": _model}) for _model in BODIES}
