"""Small files as browsers, proxies, gateways and observability tools write them are read right.

The files are made up, in the shape of each tool's own: field names, zones, encodings, missing
values. All times are seconds after 08:00 UTC on 4 May 2026. `PLANTED` is in every secret.
"""

from __future__ import annotations

import bz2
import gzip
from contextlib import suppress
from pathlib import Path

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.importing import readers
from chaos_llm.importing.failure_kinds import kind_of
from chaos_llm.importing.moments import moment
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.protocol.redaction import without_shapes
from chaos_llm.recording.recorded_call import RecordedCall

pytest.importorskip("ruptures", reason="needs the extra `import`")

FILES = Path(__file__).with_name("files")
STARTS = 1777881600
EVERY_FILE = pytest.mark.parametrize(
    "path", sorted(p for p in FILES.rglob("*") if p.is_file()), ids=lambda p: p.name
)

# What each call is read as: seconds after the start, provider, how it failed, seconds it took.
CALLS = {
    "chrome.har": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.301
        10 anthropic reset_connection 12.003
        15 anthropic dns_failure 0.06
        20 anthropic error_mid_stream 0.9
        21 ? - 0.02
        25 anthropic cut_stream 31""",
    "firefox.har": """
        0.429 openai - 1.088
        5 openai rate_limited 0.12
        10 openai reset_connection ?
        15 openai html_error_page 0.08""",
    "mitmproxy.har": """
        0.429 openai - 1.089
        5 openai server_error 0.09
        10 openai reset_connection 9
        15 openai refuse_connection 3
        20 openai hang 30""",
    "charles.har": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic reset_connection 60""",
    "playwright.har": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.301
        10 anthropic hang ?
        15 anthropic refuse_connection ?""",
    "polly/chat_2734613364/answers_1513413426/recording.har": """
        0.429 openai - 1.088
        5 openai rate_limited 0.12""",
    "polly/chat_2734613364/fails_889123501/recording.har": """
        10 openai rate_limited 0.121
        15 openai server_error 0.122""",
    "polly_local_storage.json": """
        10 openai rate_limited 0.121
        15 openai server_error 0.122""",
    "vcrpy.yaml": """
        5 openai rate_limited ?
        10 openai - ?
        11 openai - ?""",
    "vcrpy.json": """
        5 anthropic overloaded ?
        10 anthropic overloaded ?
        15 anthropic - ?""",
    "cassetter.yaml": """
        5.25 anthropic overloaded ?
        10 anthropic error_mid_stream ?
        15 anthropic server_error ?""",
    "parsed_bodies.yaml": """
        4 openai rate_limited ?
        5 openai - ?
        6 openai server_error ?""",
    "langchain.yaml.gz": """
        5 anthropic overloaded ?
        10 anthropic server_error ?""",
    "vcr_ruby.yml": """
        5 anthropic overloaded ?
        10 anthropic - ?""",
    "go_vcr_v1.yaml": "5 openai rate_limited ?",
    "go_vcr_v4.yaml": """
        5 openai rate_limited 0.301
        10 openai - 61.5""",
    "otlp_document.json": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.3
        10 anthropic overloaded 0.3
        15 anthropic hang 60""",
    "otlp_collector.jsonl": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.3
        10 anthropic rate_limited 0.3
        15 openai reset_connection 2""",
    "otlp_spans_alone.json": """
        0.429 openai - 1.088
        5 mistral server_error 0.3""",
    "otel_printed.json": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3""",
    "jaeger.json": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3""",
    "langfuse_traces.json": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3""",
    "litellm_objects.json": """
        0.429 openai - 1.088
        5 openai rate_limited 0.12""",
    "otlp_of_tools.json": """
        0.1 openai - 1
        5 anthropic overloaded 0.3
        10 openai rate_limited 0.5
        11 openai - 0.9
        12 bedrock - 0.9
        13 anthropic hang 0.9
        15 bedrock - 0.9
        16 bedrock rate_limited 0.9
        17 gemini server_error 0.9
        18 azure-openai hang 0.9
        20 azure-openai - 0.9
        22 vertex rate_limited 0.9
        23 mistral server_error 0.9
        24 meta-llama - 0.9
        27 openai reset_connection 0.9
        28 openai server_error 0.9
        29 anthropic server_error 0.9
        30 anthropic - 0.9
        31 openai raw 0.9
        32 openai - 0.9""",
    "otlp_tempo.json": """
        0.429 azure-openai - 1.089
        5 anthropic overloaded 0.3""",
    "litellm_spend_logs.json": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.3
        10 anthropic hang 60""",
    "litellm_spend_logs.csv": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.3
        10 anthropic hang 60""",
    "litellm_payloads.jsonl": """
        0.429 bedrock - 1.089
        5 bedrock server_error 0.3
        10 bedrock reset_connection 5""",
    "litellm_json_logs.jsonl": """
        1.517 anthropic - ?
        5.31 anthropic overloaded ?
        6 ? - ?""",
    "portkey.jsonl": """
        0 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic hang 60""",
    "portkey.csv": """
        0 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic hang 60""",
    "helicone.json": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic hang 60
        15 anthropic hang 2""",
    "helicone.csv": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic hang 60
        15 anthropic hang 2""",
    "langfuse.json": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3
        10 anthropic hang 60
        15 anthropic - 1""",
    "langfuse.csv": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3
        10 anthropic hang 60
        15 anthropic - 1""",
    "langfuse_blob.jsonl.gz": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.3
        10 anthropic hang 60
        15 anthropic - 1""",
    "nginx_local.jsonl": """
        0.001 anthropic - 0.999
        5 anthropic overloaded 0
        10 anthropic hang 60
        75 anthropic refuse_connection 0
        80 anthropic hang 20
        104.3 anthropic - 0.7
        110 anthropic reset_connection 0""",
    "nginx_msec.jsonl": """
        0.429 openai - 1.089
        5 openai rate_limited 0.3""",
    "ingress_nginx.jsonl": """
        1 anthropic - 1
        5 anthropic overloaded 0""",
    "envoy_istio.jsonl": """
        0.429 anthropic - 1.088
        5 anthropic overloaded 0.301
        10 anthropic hang 60
        15 anthropic refuse_connection 0.012
        20 anthropic hang 20""",
    "envoy_gateway.jsonl": """
        0.429 openai - 1.088
        5 openai rate_limited 0.301""",
    "nginx_combined.log": """
        1 anthropic - ?
        5 anthropic overloaded ?
        9.699 anthropic - 0.301
        15 anthropic hang 60
        80 openai server_error ?
        81 ? - ?""",
    "ingress_nginx.log": """
        4.881 openai rate_limited 0.119
        11 openai - 1
        15 openai server_error 0""",
    "envoy_text.log": """
        0.429 anthropic - 1.088
        5 anthropic refuse_connection 0.012
        10 anthropic hang 60""",
    "traefik.jsonl": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.301""",
    "elastic_schema.ndjson": """
        0.429 anthropic - 1.089
        5 anthropic overloaded 0.301""",
    "table_words.csv": """
        0 openai - 1.088
        5 openai rate_limited 0.301
        10 openai server_error 0.301
        15 openai hang 60""",
    "table_utf16.csv": """
        0 anthropic - 1.088
        5 anthropic overloaded 0.301""",
    "table_epochs.csv": """
        -7870099.571 openai - 1.088
        -7870095 openai hang 60
        -7870090 openai rate_limited 0.301
        -7870084.5 openai server_error 0.301""",
}

# What each post is read as: seconds after the start, state, impact, component.
POSTS = {
    "statuspage_summary.json": """
        2640 resolved major api.anthropic.com
        1020 investigating major api.anthropic.com""",
    "statuspage_summary_quiet.json": "",
    "statuspage_list.json": """
        2640 resolved major api.anthropic.com
        1020 investigating major api.anthropic.com""",
    "incident_io_compat.json": """
        2640 resolved major api.anthropic.com
        1020 investigating major api.anthropic.com""",
    "incident_io_incidents.json": """
        1020 investigating critical Chat Completions
        2640 resolved critical Chat Completions""",
    "incident_io_summary.json": """
        1020 investigating critical Chat Completions
        2640 resolved critical Chat Completions""",
    "incident_io_widget.json": "1020 investigating major Chat Completions",
    "incident_io_api_updates.json": """
        1020 investigating ?
        1800 identified ?
        2640 resolved ?""",
}


def read(path):
    file = RecordedFile(path)
    return file, list(readers.reader_of(file).read(file))


def shown(value):
    return "?" if value in (None, "") else f"{value:.3f}".rstrip("0").rstrip(".")


def call_line(call):
    kind = kind_of(call).fault or "-"
    return f"{shown(call.at - STARTS)} {call.provider or '?'} {kind} {shown(call.seconds)}"


def post_line(post):
    words = (shown(post.at - STARTS), post.state, post.impact, ", ".join(post.components) or "?")
    return " ".join(filter(None, words))


def lines(text):
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def test_every_file_is_in_a_table():
    names = {str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.is_file()}
    assert names == CALLS.keys() | POSTS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_providers_times_latencies_and_failures_are_read_right(name):
    file, calls = read(FILES / name)
    assert [call_line(call) for call in calls] == lines(CALLS[name])
    assert not file.broken.count


@pytest.mark.parametrize("name", POSTS)
def test_posts_are_read_right(name):
    file, posts = read(FILES / name)
    assert [post_line(post) for post in posts] == lines(POSTS[name])
    assert not file.broken.count


@EVERY_FILE
def test_no_secret_and_no_prompt_is_left_of_a_file(path):
    file, records = read(path)
    for record in records:
        text = file.secrets.masked(without_shapes(str(record)))
        assert "PLANTED" not in text
        assert "customer" not in text
        assert "a1a1" not in text


def test_streams_have_the_time_of_their_first_token():
    first, *_ = read(FILES / "chrome.har")[1]
    assert first.stream
    assert first.first_token == pytest.approx(0.389, abs=0.001)
    for name in ("otlp_document.json", "otlp_collector.jsonl", "helicone.json"):
        assert read(FILES / name)[1][0].first_token == pytest.approx(0.4, abs=0.001)
    assert read(FILES / "litellm_spend_logs.csv")[1][0].first_token == pytest.approx(
        0.544, abs=0.01
    )


def test_a_compressed_body_of_a_failure_is_read():
    for name in (
        *("vcrpy.yaml", "vcrpy.json", "langchain.yaml.gz"),
        "polly/chat_2734613364/fails_889123501/recording.har",
    ):
        failures = [call for call in read(FILES / name)[1] if call.status >= 400]
        assert failures
        for call in failures:
            assert call.body.startswith('{"')
            assert call.error_message


def test_a_folder_is_read_with_all_its_recordings(imported):
    run = imported(FILES / "polly")
    assert run.said.count("read as har") == 2
    (window,) = run.profile.windows
    assert window.name == "08:00:00 to 08:00:20: 75 % of 429 and 500"


def test_what_an_import_wrote_into_a_folder_is_no_recording(imported, tmp_path):
    polly = FILES / "polly"
    for file in polly.rglob("*.har"):
        (tmp_path / "outages").mkdir(exist_ok=True)
        (tmp_path / "outages" / f"{file.parent.name}.har").write_bytes(file.read_bytes())
    first = imported(tmp_path / "outages").profile
    assert imported(tmp_path / "outages").profile == first


def test_a_folder_without_recordings_says_so(refused, tmp_path):
    (tmp_path / "bare").mkdir()
    assert "no recording in this folder" in refused(tmp_path / "bare")


# Other bytes for the same text. What is read must stay the same.
ENCODED = {
    "a BOM": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16 of the other order": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "UTF-16 without a BOM": lambda data: data.decode().encode("utf-16-le"),
    "UTF-32": lambda data: data.decode().encode("utf-32"),
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "line ends of Windows": lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "empty lines at the end": lambda data: data + b"\n\r\n\n",
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("name", [n for n in CALLS | POSTS if "utf16" not in n and "gz" not in n])
def test_encodings_and_compression_change_nothing(tmp_path, name, encoding):
    data = (FILES / name).read_bytes().removeprefix(b"\xef\xbb\xbf")
    path = tmp_path / Path(name).name
    path.write_bytes(ENCODED[encoding](data))
    file, records = read(path)
    found = [call_line(r) if isinstance(r, RecordedCall) else post_line(r) for r in records]
    assert found == lines((CALLS | POSTS)[name])
    assert not file.broken.count


@EVERY_FILE
def test_a_torn_file_is_read_to_where_it_breaks_or_refused_in_a_sentence(tmp_path, path):
    data = path.read_bytes()
    whole = len(read(path)[1])
    torn = tmp_path / path.name
    for part in range(1, 20):
        torn.write_bytes(data[: len(data) * part // 20])
        with suppress(UsageError):
            file, records = read(torn)
            assert len(records) <= whole
            assert file.broken.count <= 2


@pytest.mark.parametrize("name", ["otlp_collector.jsonl", "litellm_payloads.jsonl"])
def test_a_compressed_file_that_is_torn_keeps_what_came_before(tmp_path, name):
    lines_ = (FILES / name).read_bytes() * 3000
    whole = gzip.compress(lines_)
    path = tmp_path / "torn.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    file, records = read(path)
    assert len(records) > 1000
    (broken,) = file.broken.first
    assert "the file ends or breaks here" in broken[1]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n \r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        # The time in its header is part of the test's id, which two processes must agree on.
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x1f\x8b\x08", "is empty"),
        (b"PK\x03\x04rest", "is a zip archive: unpack it"),
        (b"\x28\xb5\x2f\xfdrest", "is compressed by zstd: decompress it first"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unknown format"),
        (b"[" * 100_000, "unknown format"),
        (b'{"log": ' + b"[" * 100_000, "unknown format"),
        (b"null\n", "unknown format"),
        (b"a,b,c\n1,2,3\n", "unknown format"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_in_a_sentence(refused, tmp_path, data, says):
    path = tmp_path / "what.log"
    path.write_bytes(data)
    said = refused(path)
    assert says in said
    assert "Traceback" not in said


@pytest.mark.parametrize("form", ["cassette", "har", "otlp", "statuspage", "litellm", "columns"])
@pytest.mark.parametrize("data", [b"[]", b"{}", b"interactions: 5", b"[[1], 2]", b'{"log": 3}'])
def test_a_file_that_is_forced_into_a_format_is_refused_in_a_sentence(
    refused, tmp_path, form, data
):
    path = tmp_path / "what.json"
    path.write_bytes(data)
    assert "chaos-llm: " in refused(path, "--format", form)


def test_a_first_line_that_is_longer_than_the_sample_is_recognised(tmp_path):
    text = gzip.decompress((FILES / "langfuse_blob.jsonl.gz").read_bytes()).decode().splitlines()
    text[0] = text[0].replace('"input": "', '"input": "' + "word " * 200_000)
    path = tmp_path / "long.jsonl"
    path.write_text("\n".join(text))
    assert len(read(path)[1]) == len(lines(CALLS["langfuse_blob.jsonl.gz"]))


def test_records_of_other_formats_among_the_lines_are_counted(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(
        (FILES / "portkey.jsonl").read_bytes()
        + (FILES / "envoy_istio.jsonl").read_bytes()
        + (FILES / "table_epochs.csv").read_bytes()
    )
    file, records = read(path)
    assert len(records) == 3
    assert file.broken.count == 10


def test_a_field_of_a_table_may_have_several_lines(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        'at,status,provider,note\n2026-05-04T08:00:00Z,200,openai,"one\ntwo, ""three""\n\n"\n'
        "2026-05-04T08:00:05Z,500,openai,x\nshort,row\n"
    )
    file, calls = read(path)
    assert [call.status for call in calls] == [200, 500]
    assert file.broken.first == [(7, "expected 4 columns, got 2")]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-05-04T10:00:00.5+02:00", 0.5),
        ("2026-05-04 08:00:00", 0),
        ("2026-05-04 08:00:00+00", 0),
        ("2026-05-04T08:00:00.1234567Z", 0.123456),
        ("2026-05-04 08:00:00.123 UTC", 0.123),
        ("2026-05-04 10:00:00 +0200 CEST", 0),
        ("04/May/2026:10:00:00 +0200", 0),
        ("[04/May/2026:08:00:00 +0000]", 0),
        ("Mon, 04 May 2026 08:00:00 GMT", 0),
        ("Mon, 04 May 2026 08:00:00 -0000", 0),
        ("Mon May 04 2026 10:00:00 GMT+0200 (Central European Summer Time)", 0),
        ("1777881600", 0),
        ("1777881600.25", 0.25),
        ("1777881600429", 0.429),
        ("1.7778816e9", 0),
        (1777881600429000000, 0.429),
        ("1770011500429", 1770011500.429 - STARTS),  # as ISO 8601: a day of the year 1770
    ],
)
def test_times_are_read_in_all_common_forms(text, seconds):
    assert moment(text) - STARTS == pytest.approx(seconds, abs=2e-6)
