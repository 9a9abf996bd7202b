"""The vendors' prompt caches: which tokens of a prompt are read from one, and which are written.

A prompt is a row of blocks: tools, then the system prompt, then the messages. What two prompts have
in common from the beginning is cached. Anthropic's models and Converse cache up to the blocks that
a request marks; OpenAI, Azure, DeepSeek and Gemini cache by themselves. A provider that was not
asked before has nothing cached, so that a fallback to it pays for the whole prompt.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from chaos_llm.protocol.messages import Request, Usage

LEAST_SIZE = 4096  # bytes of a body: no vendor caches a shorter prompt, at four bytes a token
_MOST_PREFIXES = 4096  # that are remembered
_MINUTES, _HOUR = 300.0, 3600.0  # seconds that a prefix is kept after its last use
# The least tokens that are cached, and in which steps, as the vendors document it:
# developers.openai.com/api/docs/guides/prompt-caching, api-docs.deepseek.com/guides/kv_cache. How
# long DeepSeek and Google keep them is assumed.
_AUTOMATIC = {
    ("openai", "chat"): (1024, 128),
    ("openai", "responses"): (1024, 128),
    ("azure-openai", "chat"): (1024, 128),
    ("azure-openai", "responses"): (1024, 128),
    ("deepseek", "chat"): (64, 64),
    ("gemini", "generate_content"): (1024, 1),
    ("vertex", "generate_content"): (2048, 1),
}
_MARKED = (
    ("anthropic", "messages"),
    ("vertex", "raw_predict"),
    ("bedrock", "invoke"),
    ("bedrock", "converse"),
)
# platform.claude.com/docs/en/build-with-claude/prompt-caching and
# ai.google.dev/gemini-api/docs/caching.
_LEAST_OF_MODELS = (
    (re.compile(r"claude-(?:haiku-4-5|opus-4-[5-9])|gemini-\d(?:\.\d)?-pro"), 4096),
    (re.compile(r"claude-3(?:-5)?-haiku"), 2048),
)
_LEAST_MARKED = 1024


class _Prefix(NamedTuple):
    """A prompt up to one of its blocks: a fingerprint, its tokens, and how long to keep it."""

    fingerprint: bytes
    tokens: int
    lifetime: float  # seconds; 0 if the request does not ask to cache up to here


class PromptCache:
    """What the providers have cached of the prompts of one outage."""

    def __init__(self) -> None:
        self._expires: OrderedDict[bytes, float] = OrderedDict()
        # The request that was billed last, until it is kept: a megabyte is not hashed twice.
        self._billed: tuple[Request, list[_Prefix]] | None = None

    def bill(self, request: Request, usage: Usage, now: float) -> Usage:
        """The usage of a prompt, with the tokens that are read from the cache and written to it.

        `now` is in seconds. A usage of other tokens than the request's was chosen by a test, and
        stays as it is.
        """
        if usage.input_tokens != request.input_tokens or usage.cache_read_tokens:
            return usage
        api = (request.provider, request.api)
        if api in _AUTOMATIC:
            least, step = _AUTOMATIC[api]
            read = self._longest(self._prefixes_of(request), now)
            tokens = read.tokens if read else 0
            cached = tokens // step * step if tokens >= _least(request, least) else 0
            return replace(usage, cache_read_tokens=cached) if cached else usage
        return self._bill_marked(request, usage, now) if api in _MARKED else usage

    def _bill_marked(self, request: Request, usage: Usage, now: float) -> Usage:
        if not _has_mark(request):
            return usage
        least = _least(request, _LEAST_MARKED)
        prefixes = [each for each in self._prefixes_of(request) if each.tokens >= least]
        marked = [each for each in prefixes if each.lifetime]
        if not marked:
            return usage
        read = self._longest(prefixes[: prefixes.index(marked[-1]) + 1], now)
        cached = read.tokens if read else 0
        short = max((each.tokens for each in marked if each.lifetime == _MINUTES), default=0)
        long = max((each.tokens for each in marked if each.lifetime == _HOUR), default=0)
        written_long = max(0, long - cached)
        return replace(
            usage,
            cache_read_tokens=cached,
            cache_write_tokens=max(0, short - max(cached, long)),
            long_cache_write_tokens=written_long,
        )

    def keep(self, request: Request, now: float) -> None:
        """Cache a prompt that a provider has read; one that it has refused it did not read."""
        api = (request.provider, request.api)
        if api not in _AUTOMATIC and not (api in _MARKED and _has_mark(request)):
            return
        least = _least(request, _AUTOMATIC.get(api, (_LEAST_MARKED, 1))[0])
        prefixes, self._billed = self._prefixes_of(request), None
        for each in prefixes:
            lifetime = _MINUTES if api in _AUTOMATIC else each.lifetime
            if lifetime and each.tokens >= least:
                self._expires[each.fingerprint] = now + lifetime
                self._expires.move_to_end(each.fingerprint)
        while len(self._expires) > _MOST_PREFIXES:
            self._expires.popitem(last=False)

    def _prefixes_of(self, request: Request) -> list[_Prefix]:
        if self._billed is None or self._billed[0] is not request:
            self._billed = request, _prefixes(request)
        return self._billed[1]

    def _longest(self, prefixes: list[_Prefix], now: float) -> _Prefix | None:
        known = (
            each for each in reversed(prefixes) if self._expires.get(each.fingerprint, -1.0) >= now
        )
        return next(known, None)


def _least(request: Request, usual: int) -> int:
    """The least tokens that are cached for a model."""
    if request.provider not in ("anthropic", "bedrock", "gemini", "vertex"):
        return usual
    return next((least for name, least in _LEAST_OF_MODELS if name.search(request.model)), usual)


def _has_mark(request: Request) -> bool:
    """Whether a request asks to cache any of its prompt."""
    body = request.body if isinstance(request.body, dict) else {}
    return bool(_lifetime(body)) or any(map(_lifetime, _blocks(body)))


def _prefixes(request: Request) -> list[_Prefix]:
    """All prefixes of a prompt, the shortest first; each model and each key has its own."""
    body = request.body if isinstance(request.body, dict) else {}
    key = f"{request.provider} {request.model} {request.credential}"
    digest = blake2b(key.encode("utf-8", "replace"), digest_size=16)
    made: list[_Prefix] = []
    size = 0
    for block in _blocks(body):
        mark = _lifetime(block)
        if isinstance(block, dict) and "cachePoint" in block:  # Converse's mark of what is before
            if made:
                made[-1] = made[-1]._replace(lifetime=mark)
            continue
        data = json.dumps(_unmarked(block), ensure_ascii=False).encode("utf-8", "replace")
        size += len(data)
        digest.update(data)
        made.append(_Prefix(digest.digest(), min(size // 4, request.input_tokens), mark))
    whole = _lifetime(body)  # a mark of the whole request is one of its last block
    if whole and made:
        made[-1] = made[-1]._replace(lifetime=whole)
    return made


def _blocks(body: Mapping[str, Any]) -> Iterator[Any]:
    """The blocks of a prompt in the order in which they are cached."""
    tools = body.get("toolConfig")
    yield from _listed(tools.get("tools") if isinstance(tools, dict) else body.get("tools"))
    for name in ("instructions", "system", "systemInstruction", "system_instruction"):
        yield from _listed(body.get(name))
    for name in ("messages", "input", "contents"):
        for message in _listed(body.get(name)):
            content = message.get("content") if isinstance(message, dict) else None
            if isinstance(content, list):
                yield message.get("role")
                yield from content
            else:
                yield message


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _lifetime(block: Any) -> float:
    """How long a block's mark asks to cache up to it, in seconds; 0 without a mark."""
    mark = block.get("cache_control", block.get("cachePoint")) if isinstance(block, dict) else None
    if not isinstance(mark, dict):
        return 0.0
    return _HOUR if mark.get("ttl") == "1h" else _MINUTES


def _unmarked(block: Any) -> Any:
    """A block without its mark: moving the mark on does not change what was cached."""
    if not isinstance(block, dict) or "cache_control" not in block:
        return block
    return {name: value for name, value in block.items() if name != "cache_control"}
