"""The usage in replies of OpenAI and Azure, with the details of both counts."""

from __future__ import annotations

from chaos_llm.protocol.messages import Usage

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
    asked, said = usage.input_tokens, usage.output_tokens
    return (asked, said, asked + said, usage.cache_read_tokens, usage.reasoning_tokens)
