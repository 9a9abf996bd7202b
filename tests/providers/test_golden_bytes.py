"""Every dialect, byte for byte.

A golden file is a whole reply. `UPDATE_GOLDEN=1 pytest tests/providers/test_golden_bytes.py` writes
them anew and fails, so that nobody takes the writing for a test; then read the diff.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.wire_requests import (
    BODIES,
    CALLED,
    SAID,
    SAID_AND_CALLED,
    SCHEMA,
    answer_wire,
    reply_context,
    wire_request,
    written,
)

from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import PROVIDERS, find

GOLDEN = Path(__file__).parent.parent / "golden"
FORMATS = {
    "anthropic-messages",
    "anthropic-oauth",
    "anthropic-statuspage",
    "openai-chat",
    "openai-responses",
    "openai-statuspage",
}  # the others have shorter files of their own
OVERLOADED = replace(SAID, broken_by=Break(0.5, Refusal("overloaded")))
FAILED = replace(CALLED, broken_by=Break(0.5, Refusal("server_error")))
CUT = replace(SAID, stop="length")
DECLINED = Completion("I cannot help with that.", stop="refusal")
ANSWERS = {
    "plain": SAID,
    "tools": CALLED,
    "text-and-tools": SAID_AND_CALLED,
    "nothing": Completion(),
    "length": CUT,
    "declined": DECLINED,
}
STREAMED = {"overloaded-in-stream": OVERLOADED, "failed-in-tool-stream": FAILED}
REFUSALS = {kind: Refusal(kind) for kind in Refusal.KINDS} | {
    "rate_limited-7s": Refusal("rate_limited", retry_after=7),
    "server_error-503": Refusal("server_error", status=503),
}
BAD = {
    "no-key": {"headers": {}},
    "no-json": {"body": b"{"},
    "no-model": {"body": {"messages": [], "input": "hi"}},
    "no-messages": {"body": {"model": "a-model", "max_tokens": 1}},
    "unknown-path": {"method": "POST", "path": "/v1/nowhere"},
    "wrong-method": {"method": "DELETE"},
}
LOGINS = {
    "authorize": {
        "method": "GET",
        "path": "/oauth/authorize",
        "query": "redirect_uri=http%3A%2F%2Flocalhost%3A54545%2Fcallback&state=a%2Bb",
    },
    "code": {
        "method": "POST",
        "path": "/v1/oauth/token",
        "body": {"grant_type": "authorization_code", "code": "abc"},
    },
    "refresh": {
        "method": "POST",
        "path": "/v1/oauth/token",
        "body": b"grant_type=refresh_token&refresh_token=abc",
    },
    "unknown-grant": {"method": "POST", "path": "/v1/oauth/token", "body": {"grant_type": "no"}},
    "roles": {"path": "/api/oauth/claude_cli/roles"},
    "profile": {"path": "/api/oauth/profile"},
}


def endpoint_cases(provider):
    body = BODIES[provider.api]
    for name, answer in ANSWERS.items():
        yield name, {}, answer
        yield f"{name}-stream", {"body": body | {"stream": True}}, answer
    for name, answer in STREAMED.items():
        yield name, {"body": body | {"stream": True}}, answer
    for name, changes in BAD.items():
        yield name, changes, SAID
    if provider.api == "chat":
        request = {"stream": True, "stream_options": {"include_usage": True}}
        yield "plain-stream-with-usage", {"body": body | request}, SAID
    if provider.api == "responses":
        form = {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA}}
        request = {"instructions": "Be nice.", "text": form, "temperature": 0.2}
        yield "repeated", {"body": body | request}, SAID


def cases():
    for provider in PROVIDERS:
        label = f"{provider.name}-{provider.api}"
        if label not in FORMATS:
            continue
        if provider.surface == "api":
            for name, changes, answer in endpoint_cases(provider):
                yield f"{label}-{name}", provider, changes, answer
        if provider.surface == "login":
            for name, changes in LOGINS.items():
                yield f"{label}-{name}", provider, changes, SAID
        for name, refusal in REFUSALS.items():
            yield f"{label}-refuses-{name}", provider, {}, refusal


CASES = {case[0]: case[1:] for case in cases()}


@pytest.mark.exhaustive(sample=40)
@pytest.mark.parametrize("case", CASES)
def test_a_reply_is_its_golden_bytes(case):
    provider, changes, answer = CASES[case]
    wire = wire_request(provider, **changes)
    if isinstance(answer, Refusal):
        reply = provider.render(provider.parse(wire), answer, reply_context())
    else:
        found = find(provider.name, wire.method, wire.path)
        wanted = provider if case.endswith(("stream", "plain")) else found
        assert found is wanted
        _, reply = answer_wire(wire, provider.name, answer)
    golden = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(written(reply))
        pytest.fail(f"wrote {golden.name}: read the diff, then run without UPDATE_GOLDEN")
    assert written(reply) == golden.read_bytes()


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)
