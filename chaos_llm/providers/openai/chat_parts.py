"""Parts of Chat Completions that vendors share: deltas, frames, counts, usage, fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple
from zlib import crc32

from chaos_llm.protocol.messages import Chunk, Completion, ToolCall, Usage
from chaos_llm.providers.framing import quote


class Delta(NamedTuple):
    """What one chunk adds: JSON fields, and the piece of the answer that they are, if any."""

    fields: str
    content: bool = False
    piece: str = ""


class Frame(NamedTuple):
    """The text around a stream's choices: `end` is `tail`, with what every chunk has behind it.

    The code that assembles a chunk adds the last brace.
    """

    head: str
    tail: str
    end: str
    request_id: str


def counted(usage: Usage) -> str:
    """Write the three counts that every usage has."""
    prompt, completion = usage.input_tokens, usage.output_tokens
    total = prompt + completion
    return f'"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{total}'


@lru_cache(512)
def fingerprint(model: str) -> str:
    """The fingerprint of the system that runs a model, as JSON: one for all replies of a model."""
    return f'"fp_{crc32(model.encode("utf-8", "replace")):08x}{len(model) % 256:02x}"'


def function_of(call: ToolCall) -> str:
    """Write the function of a call."""
    return f'{{"name":{quote(call.name)},"arguments":{quote(call.arguments)}}}'


def interleaved(streams: Iterable[list[Chunk]]) -> list[Chunk]:
    """Mix the chunks of several answers as they are made: one of each in turn."""
    first, *others = streams
    if not others:
        return first
    return [each for each in chain.from_iterable(zip_longest(first, *others)) if each is not None]


def content_of(answer: Completion) -> str:
    """Write a message's content; beside calls alone there is none."""
    return "null" if answer.tool_calls and not answer.text else quote(answer.text)


_USAGE = """{
    "prompt_tokens": %d,
    "completion_tokens": %d,
    "total_tokens": %d,
    "prompt_tokens_details": {
      "cached_tokens": %d,
      "audio_tokens": 0
    },
    "completion_tokens_details": {
      "reasoning_tokens": %d,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }
  }"""
_USAGE_CHUNK = _USAGE.replace("\n", "").replace(" ", "")


def usage_over_lines(usage: Usage) -> str:
    """Write the usage of a whole reply, which is printed over many lines."""
    return _USAGE % _used(usage)


def usage_in_detail(usage: Usage) -> str:
    """Write the usage of a chunk."""
    return _USAGE_CHUNK % _used(usage)


def _used(usage: Usage) -> tuple[int, ...]:
    prompt, completion = usage.input_tokens, usage.output_tokens
    return (
        prompt,
        completion,
        prompt + completion,
        usage.cache_read_tokens,
        usage.reasoning_tokens,
    )
