from __future__ import annotations

import gzip

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.errors import Unsupported
from chaos_llm.faults import still_gzipped

URL = "https://api.openai.com/v1/chat/completions"
ASKED = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hi."}]}


def test_the_body_is_gzip_and_no_header_says_so(whole, fault_context):
    packed = still_gzipped().on_reply(whole, fault_context)
    assert gzip.decompress(packed.body) == whole.body
    assert dict(packed.headers) == {
        "content-type": "application/json",
        "content-length": str(len(packed.body)),
    }


def test_a_long_body_is_packed_whole(whole, fault_context):
    long = whole.__class__(200, (), (whole.chunks[0]._replace(data=b"x" * 200_000),))
    assert gzip.decompress(still_gzipped().on_reply(long, fault_context).body) == b"x" * 200_000


def test_a_stream_is_not_packed(stream, fault_context):
    with pytest.raises(Unsupported, match="whole bodies"):
        still_gzipped().on_reply(stream, fault_context)


def test_a_client_gets_bytes_where_it_expects_json():
    with outage() as chaos:
        chaos.on("openai").inject(still_gzipped())
        reply = httpx.post(URL, json=ASKED, headers={"authorization": "Bearer k"})
    assert reply.content[:3] == b"\x1f\x8b\x08"
