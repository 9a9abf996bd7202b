"""Cassettes as suites write them with serializers of their own: no times, parsed bodies."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys

import anthropic
import pytest
import yaml

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded
from chaos_llm.importing import csv_lines

pytest.importorskip("ruptures", reason="needs the extra `import`")

SAVED = 1777881600  # when the cassettes were last written: 4 May 2026, 08:00 UTC
ASKED = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "hello"}]}
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
ANSWER = {"type": "message", "content": [{"type": "text", "text": "Forty-two."}]}


def interaction(status, said, **headers):
    kept = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return {
        "request": {
            "method": "POST",
            "uri": "https://api.anthropic.com/v1/messages",
            "headers": {},
            "body": {"type": "json", "content": ASKED},
        },
        "response": {"status": status, "headers": kept, **said},
    }


@pytest.fixture
def cassette(tmp_path):
    def write(*interactions):
        path = tmp_path / "cassette.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "interactions": list(interactions)}))
        os.utime(path, (SAVED, SAVED))
        return path

    return write


def test_a_cassette_without_any_time_is_taken_in_its_order_and_says_so(imported, cassette):
    failed = interaction(529, {"body": {"type": "json", "content": OVERLOADED}})
    healthy = interaction(200, {"body": {"type": "json", "content": ANSWER}})
    run = imported(cassette(*[healthy] * 20, *[failed] * 10, *[healthy] * 20))
    (window,) = run.profile.windows
    assert run.profile.starts.timestamp() == SAVED
    assert window.begins[0] <= 20 <= window.begins[1] + 1
    assert window.ends[0] - 1 <= 30 <= window.ends[1]
    assert window.share.at(25) > 0.9
    said = "50 of 50 replies have neither a `date` header nor `recorded_at`"
    assert f"Assumed: cassette.yaml: {said}" in run.said
    assert said in run.profile.note


def test_a_body_that_is_written_as_json_is_the_dialects_own(imported, cassette):
    failed = interaction(529, {"parsed_body": OVERLOADED})
    healthy = interaction(200, {"parsed_body": ANSWER})
    (window,) = imported(cassette(*[healthy] * 9, *[failed] * 9)).profile.windows
    assert [each.fault for each in window.faults] == [overloaded()]


@pytest.mark.parametrize(
    ("encoding", "modules"),
    [
        ("br", ["brotli", "brotlicffi"]),
        ("zstd", ["backports.zstd", "compression.zstd", "zstandard"]),
    ],
)
def test_a_body_that_nothing_installed_decompresses_is_left_out_and_said(
    imported, cassette, monkeypatch, encoding, modules
):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    closed = {"body": {"type": "binary", "content": "28b52ffd" + "fe" * 40}}
    failed = interaction(500, closed, content_encoding=encoding)
    healthy = interaction(200, {"parsed_body": ANSWER})
    said = imported(cassette(*[healthy] * 9, *[failed] * 9)).said
    assert f"bodies that {modules[0]} decompresses are left out: it is not installed" in said


def test_a_damaged_body_is_left_out(imported, cassette):
    for encoding in ("br", "zstd", "gzip", "deflate"):
        damaged = {"body": {"type": "binary", "content": "28b52ffd" + "fe" * 40}}
        failed = interaction(500, damaged, content_encoding=encoding)
        healthy = interaction(200, {"parsed_body": ANSWER})
        (window,) = imported(cassette(*[healthy] * 9, *[failed] * 9)).profile.windows
        assert [each.fault.name for each in window.faults] == ["server_error"]


def test_such_a_cassette_answers_an_app(cassette):
    path = cassette(
        interaction(529, {"parsed_body": OVERLOADED}), interaction(200, {"parsed_body": ANSWER})
    )
    client = anthropic.Anthropic(api_key="k")
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=path).inject(overloaded(), times=1)
        reply = client.messages.create(max_tokens=9, **ASKED)
    assert reply.content[0].text == "Forty-two."


def test_a_compressed_cassette_in_two_lists_answers_an_app(tmp_path):
    path = tmp_path / "cassette.yaml.gz"
    recorded = interaction(200, {"body": {"string": json.dumps(ANSWER)}})
    lists = {"requests": [recorded["request"]], "responses": [recorded["response"]]}
    path.write_bytes(gzip.compress(yaml.safe_dump(lists).encode()))
    client = anthropic.Anthropic(api_key="k")
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=path)
        reply = client.messages.create(max_tokens=9, **ASKED)
    assert reply.content[0].text == "Forty-two."


def test_a_damaged_compressed_cassette_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "cassette.yaml.gz"
    path.write_bytes(gzip.compress(b"requests: []" * 50)[:-12])
    with outage() as chaos, pytest.raises(UsageError, match=r"cassette\.yaml\.gz: "):
        chaos.on("anthropic").answers(cassette=path)


def test_reading_a_table_leaves_the_processs_limit_of_fields_alone():
    before = csv.field_size_limit(1000)
    try:
        lines = iter([(1, b"at,note\n"), (2, b"1," + b"x" * 5000 + b"\n")])
        ((_, row),) = csv_lines.rows(lines, lambda *_: None)
        assert len(row["note"]) == 5000
        assert csv.field_size_limit() == 1000
    finally:
        csv.field_size_limit(before)
