"""A bot that falls over from one vendor to another, with its turns converted or as they are.

Each vendor has the same conversation in its own form: a system prompt, a question, a tool's call
and its result, and the next question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
import openai

from support.apps.bots import MODEL, SECOND_MODEL

RULES = "You answer for our shop. Be brief."
CALL = "call_9f3"
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
FAILED = (anthropic.APIError, openai.APIError)


@dataclass(frozen=True)
class Vendor:
    """How one vendor is asked: with its own turns, or with another's in their place."""

    provider: str
    turns: Callable[[str], list[dict[str, Any]]]
    ask: Callable[[list[dict[str, Any]]], str]


def to_anthropic(question: str) -> list[dict[str, Any]]:
    use = {"type": "tool_use", "id": CALL, "name": "track", "input": {"order": "KX-1"}}
    result = {"type": "tool_result", "tool_use_id": CALL, "content": "at the depot"}
    return [
        {"role": "user", "content": "Where is order KX-1?"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": "It is at the depot."},
        {"role": "user", "content": question},
    ]


def ask_anthropic(turns: list[dict[str, Any]]) -> str:
    message = anthropic.Anthropic(max_retries=0).messages.create(
        model=MODEL, max_tokens=300, system=RULES, messages=turns
    )
    return "".join(block.text for block in message.content)


def to_chat(question: str) -> list[dict[str, Any]]:
    function = {"name": "track", "arguments": '{"order": "KX-1"}'}
    call = {"id": CALL, "type": "function", "function": function}
    return [
        {"role": "user", "content": "Where is order KX-1?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": CALL, "content": "at the depot"},
        {"role": "assistant", "content": "It is at the depot."},
        {"role": "user", "content": question},
    ]


def ask_chat(turns: list[dict[str, Any]]) -> str:
    completion = openai.OpenAI(max_retries=0).chat.completions.create(
        model=SECOND_MODEL, messages=[{"role": "developer", "content": RULES}, *turns]
    )
    return completion.choices[0].message.content


VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor("anthropic", to_anthropic, ask_anthropic),
    "openai chat": Vendor("openai", to_chat, ask_chat),
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
            form = self.second if self.converts else self.first
            return self.second.ask(form.turns(question))
