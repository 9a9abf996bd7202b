"""A bot that falls over from one vendor to another, with its turns converted or as they are.

Each vendor has the same conversation in its own form: a system prompt, a question, a tool's call
and its result, and the next question. Anthropic and OpenAI are asked through their SDKs. So are
Google and AWS with turns of their own, where the SDK is installed; both SDKs refuse another's turns
themselves, so apps that ship those speak plain HTTP.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
import boto3
import botocore.exceptions
import httpx2
import openai
from botocore.config import Config

from support.apps.bots import MODEL, SECOND_MODEL

RULES = "You answer for our shop. Be brief."
CALL = "call_9f3"
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
THIRD_MODEL = "gpt-5.4"  # another than chat's: a failover is to another provider or model
FLASH, NOVA = "gemini-2.5-flash", "amazon.nova-pro-v1:0"
GEMINI = f"https://generativelanguage.googleapis.com/v1beta/models/{FLASH}:generateContent"
BEDROCK = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{NOVA}/converse"
TOOLS = [{"toolSpec": {"name": "track", "inputSchema": {"json": SCHEMA}}}]
Turns = list[dict[str, Any]]


class Refused(Exception):
    """What a plain client makes of an answer that is none."""


FAILED: tuple[type[Exception], ...] = (
    anthropic.APIError,
    openai.APIError,
    botocore.exceptions.ClientError,
    Refused,
)
if importlib.util.find_spec("google") and importlib.util.find_spec("google.genai"):
    from google.genai.errors import APIError

    FAILED = (*FAILED, APIError)


@dataclass(frozen=True)
class Vendor:
    """How one vendor is asked: with its own turns, or with another's in their place."""

    provider: str
    turns: Callable[[str], Turns]
    ask: Callable[[Turns], str]
    ask_plainly: Callable[[Turns], str]


def to_anthropic(question: str) -> Turns:
    use = {"type": "tool_use", "id": CALL, "name": "track", "input": {"order": "KX-1"}}
    result = {"type": "tool_result", "tool_use_id": CALL, "content": "at the depot"}
    return [
        {"role": "user", "content": "Where is order KX-1?"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": "It is at the depot."},
        {"role": "user", "content": question},
    ]


def ask_anthropic(turns: Turns) -> str:
    message = anthropic.Anthropic(max_retries=0).messages.create(
        model=MODEL, max_tokens=300, system=RULES, messages=turns
    )
    return "".join(block.text for block in message.content)


def to_chat(question: str) -> Turns:
    function = {"name": "track", "arguments": '{"order": "KX-1"}'}
    call = {"id": CALL, "type": "function", "function": function}
    return [
        {"role": "user", "content": "Where is order KX-1?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": CALL, "content": "at the depot"},
        {"role": "assistant", "content": "It is at the depot."},
        {"role": "user", "content": question},
    ]


def ask_chat(turns: Turns) -> str:
    completion = openai.OpenAI(max_retries=0).chat.completions.create(
        model=SECOND_MODEL, messages=[{"role": "developer", "content": RULES}, *turns]
    )
    return completion.choices[0].message.content


def to_responses(question: str) -> Turns:
    call = {"type": "function_call", "call_id": CALL, "name": "track", "arguments": "{}"}
    return [
        {"role": "user", "content": "Where is order KX-1?"},
        call,
        {"type": "function_call_output", "call_id": CALL, "output": "at the depot"},
        {"role": "assistant", "content": "It is at the depot."},
        {"role": "user", "content": question},
    ]


def ask_responses(turns: Turns) -> str:
    client = openai.OpenAI(max_retries=0)
    response = client.responses.create(model=THIRD_MODEL, instructions=RULES, input=turns)
    return response.output_text


def to_gemini(question: str) -> Turns:
    call = {"functionCall": {"name": "track", "args": {"order": "KX-1"}}}
    result = {"functionResponse": {"name": "track", "response": {"at": "the depot"}}}
    return [
        {"role": "user", "parts": [{"text": "Where is order KX-1?"}]},
        {"role": "model", "parts": [call]},
        {"role": "user", "parts": [result]},
        {"role": "model", "parts": [{"text": "It is at the depot."}]},
        {"role": "user", "parts": [{"text": question}]},
    ]


def ask_gemini(turns: Turns) -> str:
    if not importlib.util.find_spec("google") or not importlib.util.find_spec("google.genai"):
        return ask_gemini_plainly(turns)
    from google import genai  # noqa: PLC0415 - where it is installed

    config = {"system_instruction": RULES}
    client = genai.Client(api_key="k")
    reply = client.models.generate_content(model=FLASH, contents=turns, config=config)
    return reply.text


def ask_gemini_plainly(turns: Turns) -> str:
    body = {"contents": turns, "systemInstruction": {"parts": [{"text": RULES}]}}
    said = posted(GEMINI, body, {"x-goog-api-key": "k"})
    return said["candidates"][0]["content"]["parts"][0]["text"]


def to_bedrock(question: str) -> Turns:
    use = {"toolUse": {"toolUseId": CALL, "name": "track", "input": {"order": "KX-1"}}}
    result = {"toolResult": {"toolUseId": CALL, "content": [{"text": "at the depot"}]}}
    return [
        {"role": "user", "content": [{"text": "Where is order KX-1?"}]},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": [{"text": "It is at the depot."}]},
        {"role": "user", "content": [{"text": question}]},
    ]


def ask_bedrock(turns: Turns) -> str:
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}),
    )
    said = client.converse(
        modelId=NOVA,
        system=[{"text": RULES}],
        messages=turns,
        toolConfig={"tools": TOOLS, "toolChoice": {"auto": {}}},
    )
    return read_converse(said)


def ask_bedrock_plainly(turns: Turns) -> str:
    body = {"messages": turns, "system": [{"text": RULES}], "toolConfig": {"tools": TOOLS}}
    return read_converse(posted(BEDROCK, body, {"authorization": "Bearer ABSK"}))


def read_converse(said: dict[str, Any]) -> str:
    """What is said; a mock that offers tools may call one, which an app has to take as well."""
    blocks = said["output"]["message"]["content"]
    return next((block["text"] for block in blocks if "text" in block), "calling a tool")


def posted(url: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Ask without any SDK."""
    reply = httpx2.post(url, json=body, headers=headers)
    if reply.status_code >= 400:
        raise Refused(reply.text)
    return reply.json()


VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor("anthropic", to_anthropic, ask_anthropic, ask_anthropic),
    "openai chat": Vendor("openai", to_chat, ask_chat, ask_chat),
    "openai responses": Vendor("openai", to_responses, ask_responses, ask_responses),
    "gemini": Vendor("gemini", to_gemini, ask_gemini, ask_gemini_plainly),
    "bedrock": Vendor("bedrock", to_bedrock, ask_bedrock, ask_bedrock_plainly),
}


@dataclass(frozen=True)
class FallsOver:
    """One vendor, else another; `converts` is what makes it a fallback."""

    first: Vendor
    second: Vendor
    converts: bool = True

    def __call__(self, question: str) -> str:
        try:
            return self.first.ask(self.first.turns(question))
        except FAILED:
            if self.converts:
                return self.second.ask(self.second.turns(question))
            return self.second.ask_plainly(self.first.turns(question))
