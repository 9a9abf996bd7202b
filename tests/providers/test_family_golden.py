"""OpenAI's family and Anthropic's further endpoints, byte for byte.

A golden file is one reply, or all refusals of a format one after the other.
`UPDATE_GOLDEN=1 pytest tests/providers/test_family_golden.py` writes them anew and fails, so that
nobody takes the writing for a test; then read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.wire_requests import BODIES, CALLED, SAID, reply_context, wire_request, written

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Break, Completion, Refusal, Reply, Usage
from chaos_llm.providers import PROVIDERS, Provider, ReplyContext
from chaos_llm.providers.model_endpoint import ModelEndpoint

GOLDEN = Path(__file__).parent.parent / "golden" / "family"
NAMES = {"azure-openai", "groq", "together", "xai", "deepseek", "mistral", "meta-llama"}
NAMES |= {"openrouter", "vllm", "vllm-old", "tgi"}
FURTHER = ("anthropic-count_tokens", "anthropic-batches", "openai-embeddings", "openai-models")
FURTHER += ("anthropic-models", "anthropic-chat", "openai-completions", "openai-moderations")
FURTHER += ("gemini-chat", "gemini-embeddings", "gemini-compatible_models", "ollama-chat")
FURTHER += ("ollama-completions", "ollama-responses", "ollama-models")
FURTHER += ("anthropic-files", "openai-assistants", "openai-openai_batches", "openai-files")
FURTHER += ("openai-stored_responses", "openai-images", "openai-image_store", "openai-audio")
FURTHER += ("openai-vector_stores", "openai-openai_login", "openai-client", "anthropic-client")
FURTHER += ("openai-codex_responses",)
# Documents of these are no text; tests/endpoints reads them.
BINARY = {"audio", "image_store"}
FAMILY = [
    provider
    for provider in PROVIDERS
    if provider.name in NAMES or f"{provider.name}-{provider.api}" in FURTHER
]
OVERLOADED = replace(SAID, broken_by=Break(0.5, Refusal("overloaded")))
SEPARATOR = b"\n" + b"=" * 40 + b"\n"
BATCH = {"requests": [{"custom_id": "first", "params": BODIES["messages"]}]}


def refusals(provider: Provider) -> Iterator[Reply]:
    """Every refusal, then what is refused of itself: no key, no JSON, no field, no path."""
    request = provider.parse(wire_request(provider))
    for kind in Refusal.KINDS:
        yield provider.render(request, Refusal(kind), reply_context())
    yield provider.render(request, Refusal("rate_limited", retry_after=7), reply_context())
    for changes in (
        {"headers": {}},
        {"method": "POST", "body": b"{"},
        {"method": "POST", "body": {"no": "field"}},
        {"method": "POST", "path": "/v1/nowhere"},
        {"method": "PATCH"},
    ):
        request = provider.parse(wire_request(provider, **changes))
        if request.invalid:
            yield provider.render(request, request.invalid, reply_context())


def rendered(provider: Provider, answer: Answer, **changes: object) -> bytes:
    request = provider.parse(wire_request(provider, **changes))
    return written(provider.render(request, answer, reply_context()))


def spoken(provider: Provider) -> Iterator[tuple[str, bytes]]:
    body = BODIES[provider.api]
    said = (
        [("plain", SAID)] if provider.api == "completions" else [("plain", SAID), ("tools", CALLED)]
    )
    for name, answer in said:
        yield name, rendered(provider, answer)
        yield f"{name}-stream", rendered(provider, answer, body=body | {"stream": True})
    yield "overloaded-in-stream", rendered(provider, OVERLOADED, body=body | {"stream": True})


def documents(provider: Provider) -> Iterator[tuple[str, bytes]]:
    """A document each; a batch's life from its creation to its results."""
    asked = [("", {}, 0.0)]
    if provider.api == "embeddings" and "dimensions" not in BODIES["embeddings"]:
        asked = [("", {"body": BODIES["embeddings"] | {"dimensions": 3}}, 0.0)]
    if provider.api == "batches":
        path, made = "/v1/messages/batches", "/msgbatch_01" + "{id}"
        asked = [
            ("created", {"method": "POST", "body": BATCH}, 0.0),
            ("listed", {}, 60.0),
            ("ended", {"path": path + made}, 300.0),
            ("results", {"path": f"{path}{made}/results"}, 300.0),
        ]
    kept: dict[str, object] = {}
    for name, changes, later in asked:
        if "path" in changes:
            (batch_id,) = kept["batches"]  # the one that was created
            changes["path"] = changes["path"].replace("msgbatch_01{id}", batch_id)
        request = provider.parse(wire_request(provider, **changes))
        stamped = ReplyContext(1772451420.0 + later, KeyedRandom(name), kept, speaks)
        reply = provider.render(request, provider.healthy(request, stamped), stamped)
        yield name or "document", written(reply)


def speaks(request: object, key: str) -> Completion:
    return Completion("All of it is in order.", usage=Usage(20, 7))


def cases() -> Iterator[tuple[str, bytes]]:
    for provider in FAMILY:
        label = f"{provider.name}-{provider.api}"
        said = spoken if isinstance(provider, ModelEndpoint) else documents
        for name, reply in said(provider) if provider.api not in BINARY else ():
            yield f"{label}-{name}", reply
        yield f"{label}-refusals", SEPARATOR.join(written(reply) for reply in refusals(provider))


CASES = dict(cases())


@pytest.mark.exhaustive(sample=30)
@pytest.mark.parametrize("case", CASES)
def test_a_reply_is_its_golden_bytes(case):
    golden = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(CASES[case])
        pytest.fail(f"wrote {golden.name}: read the diff, then run without UPDATE_GOLDEN")
    assert CASES[case] == golden.read_bytes()


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


def test_the_whole_family_is_here():
    assert {provider.name for provider in FAMILY} == NAMES | {
        "anthropic",
        "openai",
        "gemini",
        "ollama",
    }
