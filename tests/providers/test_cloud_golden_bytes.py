"""Every dialect of the clouds, byte for byte; binary frames as hexadecimal digits, one a line.

A golden file is all replies of one format. `UPDATE_GOLDEN=1 pytest
tests/providers/test_cloud_golden_bytes.py` writes them anew and fails, so that nobody takes the
writing for a test; then read the diff.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.cloud_requests import BINARY, label_of, stream_wire, whole_wire
from support.wire_requests import (
    BODIES,
    CALLED,
    SAID,
    SAID_AND_CALLED,
    is_cloud,
    path_of,
    reply_context,
    wire_request,
)

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import PROVIDERS
from chaos_llm.providers.model_endpoint import ModelEndpoint

GOLDEN = Path(__file__).parent.parent / "golden"
FORMATS = {
    label_of(provider): provider
    for provider in PROVIDERS
    if is_cloud(provider) or provider.api == "entra_token"
}
ANSWERS = {
    "plain": SAID,
    "tools": CALLED,
    "text-and-tools": SAID_AND_CALLED,
    "nothing": Completion(),
    "length": replace(SAID, stop="length"),
    "declined": Completion("I cannot help with that.", stop="refusal"),
}
STREAMED = {
    "overloaded-in-stream": replace(SAID, broken_by=Break(0.5, Refusal("overloaded"))),
    "failed-in-tool-stream": replace(
        CALLED, broken_by=Break(0.5, Refusal("server_error"), within="tool")
    ),
}
REFUSALS = {f"refuses-{kind}": Refusal(kind) for kind in Refusal.KINDS} | {
    "refuses-rate_limited-7s": Refusal("rate_limited", retry_after=7),
    "refuses-server_error-503": Refusal("server_error", status=503),
    "refuses-server_error-200": Refusal("server_error", status=200),
}
ARRAY = {"path": "/v1/models/gemini-2.5-flash:streamGenerateContent", "query": ""}
MORE = {
    "bedrock-invoke": {
        "nova": {"messages": BODIES["converse"]["messages"]},
        "llama": {"prompt": "Where is order KX-48213?"},
        "titan-embed": {"inputText": "a", "dimensions": 4},
        "cohere-embed": {"texts": []},
    },
    "gemini-embed_content": {
        "batch": {"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4}]}
    },
    "vertex-predict": {
        "predict": {"instances": [{"content": "a"}], "parameters": {"outputDimensionality": 4}}
    },
    "cohere-v2_embed": {
        "types": BODIES["v2_embed"]
        | {"embedding_types": ["float", "int8", "binary"], "output_dimension": 8}
    },
    "ollama-api_embed": {"embed": {"model": "m", "input": ["a", "b"], "dimensions": 4}},
    "vertex-google_token": {
        "unknown-grant": {"grant_type": "no"},
        "machine-to-machine": {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": "a.b.c",
        },
    },
    "bedrock-sts": {
        "assume-role": {"Action": "AssumeRole", "RoleArn": "r/app", "RoleSessionName": "s"},
        "no-role": {"Action": "AssumeRole"},
        "no-action": {"Action": "Nonsense"},
    },
    "azure-openai-entra_token": {
        "refresh": {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "an-app"},
        "no-client": {"grant_type": "client_credentials", "scope": "x"},
    },
}
VECTORS = {"gemini-embed_content", "vertex-predict", "cohere-v2_embed", "ollama-api_embed"}
GETS = {
    "vertex-google_token": "/computeMetadata/v1/instance/service-accounts/default/token",
    "azure-openai-entra_token": "/a-tenant/v2.0/.well-known/openid-configuration",
}


def asked(cloud):
    """What is asked of a format, and what it would say."""
    if isinstance(cloud, ModelEndpoint):
        for name, said in ANSWERS.items():
            yield name, whole_wire(cloud), said
            yield f"{name}-stream", stream_wire(cloud), said
        for name, said in STREAMED.items():
            yield name, stream_wire(cloud), said
        if cloud.name == "gemini":
            yield "plain-array", whole_wire(cloud, **ARRAY), SAID
            yield (
                "overloaded-in-array",
                whole_wire(cloud, **ARRAY),
                STREAMED["overloaded-in-stream"],
            )
            yield "refuses-in-array", whole_wire(cloud, **ARRAY), Refusal("overloaded")
        yield "no-json", whole_wire(cloud, body=b"{"), SAID
        yield "no-key", whole_wire(cloud, headers={}), SAID
        yield "nothing-asked", whole_wire(cloud, body={"model": "m"}), SAID
        yield "unknown-path", wire_request(cloud, method="POST", path="/v1/nowhere"), SAID
    elif label_of(cloud) not in VECTORS:  # whose ordinary ones are long
        yield "ordinary", wire_request(cloud), SAID
    for name, body in MORE.get(label_of(cloud), {}).items():
        yield name, wire_request(cloud, body=body), SAID
    if label_of(cloud) in GETS:
        path = GETS[label_of(cloud)]
        yield "get", wire_request(cloud, method="GET", path=path, body=None), SAID
    yield "wrong-method", wire_request(cloud, method="DELETE", path=path_of(cloud)), SAID
    for name, refusal in REFUSALS.items():
        yield name, wire_request(cloud), refusal


def answered(cloud, wire, said):
    request = cloud.parse(wire)
    if not isinstance(said, Refusal):
        said = request.invalid or cloud.healthy(request, reply_context()) or said
    try:
        return cloud.render(request, said, reply_context())
    except Unsupported as why:
        return str(why)


def written(cloud, reply):
    """A reply as it would travel, one name or value a line before the body."""
    if isinstance(reply, str):
        return f"inexpressible: {reply}\n"
    head = [str(reply.status), *(f"{name}: {value}" for name, value in reply.headers)]
    if label_of(cloud) in BINARY and reply.streamed:
        body = "\n".join(chunk.data.hex() for chunk in reply.chunks)
    else:
        body = reply.body.decode()
    return "\n".join(head) + f"\n\n{body}\n"


def golden_of(cloud):
    sections = (
        f"=== {name}\n{written(cloud, answered(cloud, wire, said))}"
        for name, wire, said in asked(cloud)
    )
    return "".join(sections).encode()


@pytest.mark.parametrize("label", FORMATS)
def test_a_format_is_its_golden_bytes(label):
    golden, now = GOLDEN / f"{label}.golden", golden_of(FORMATS[label])
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(now)
        pytest.fail(f"wrote {golden.name}: read the diff, then run without UPDATE_GOLDEN")
    before = golden.read_bytes().split(b"=== ")
    after = now.split(b"=== ")
    for old, new in zip(before, after, strict=True):
        assert new == old


def test_a_file_names_each_reply_once():
    for cloud in FORMATS.values():
        names = [name for name, _, _ in asked(cloud)]
        assert len(names) == len(set(names))
