"""Every format of recordings gives the same profile, keeps no secret, and survives bad records."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support import recorded_morning as morning

from chaos_llm import extensions
from chaos_llm.importing import readers
from chaos_llm.recording.recorded_call import RecordedCall

pytest.importorskip("ruptures", reason="needs the extra `import`")

FORMATS = pytest.mark.parametrize("name", morning.FORMATS)


@pytest.fixture(scope="module")
def calls():
    return morning.calls()


@pytest.fixture
def written(tmp_path, calls):
    """Write the morning in one of the formats."""

    def write(name, made=calls):
        file, form = morning.FORMATS[name]
        path = tmp_path / file
        path.write_text(form(made))
        return path

    return write


@FORMATS
def test_the_windows_are_found_in_each_format(imported, written, name):
    run = imported(written(name))
    assert f"read as {name.split()[0]}" in run.said
    first, second = run.profile.windows
    slack = 7  # an interval between calls, and the second that dates of HTTP are precise to
    for window, begins, ends in ((first, 600, 1500), (second, 1800, 2100)):
        assert window.begins[0] - slack <= begins <= window.begins[1] + slack
        assert window.ends[0] - slack <= ends <= window.ends[1] + slack
        assert [target.provider for target in window.on] == ["anthropic"]
    assert {weighted.fault.name for weighted in first.faults} == {"overloaded", "server_error"}
    assert [weighted.fault.name for weighted in second.faults] == ["overloaded"]


@FORMATS
def test_no_planted_secret_and_no_prompt_survives(imported, written, name):
    path = imported(written(name)).path
    texts = [each.read_text() for each in path.parent.rglob("*") if each.is_file()]
    assert len(texts) >= 2
    for text in texts:
        assert "PLANTED" not in text
        assert "customer" not in text


def test_secrets_in_the_bodies_of_failures_do_not_survive(imported, tmp_path, calls):
    document = json.loads(morning.har(calls))
    for entry in document["log"]["entries"]:
        if entry["response"]["status"] == 529:  # a body that no wire format makes
            entry["response"]["content"]["text"] = json.dumps(
                {
                    "oops": f"key {morning.PLANTED} is busy",
                    "echo": {"key": f"sk-ant-api03-{'a1' * 20}", "prompt": morning.PROMPT},
                    "error": {"message": f"{morning.PROMPT}: Bearer {morning.PLANTED}"},
                }
            )
    path = tmp_path / "leaky.har"
    path.write_text(json.dumps(document))
    run = imported(path)
    raw = [w.fault for w in run.profile.windows[0].faults if w.fault.name == "raw"]
    assert raw[0].status == 529
    assert "oops" in raw[0].body
    for each in run.path.parent.rglob("*"):
        if each.is_file():
            text = each.read_text()
            assert "PLANTED" not in text
            assert "customer" not in text
            assert "a1a1" not in text


def test_posts_of_a_status_page_are_in_the_profile(imported, written, tmp_path):
    page = tmp_path / "incidents.json"
    page.write_text(json.dumps(morning.statuspage()))
    run = imported(written("litellm"), page)
    posts = run.profile.status_pages["anthropic"].posts
    assert [(post.at, post.state) for post in posts] == [
        (1020, "investigating"),
        (2640, "resolved"),
    ]
    assert posts[0].components == ("api.anthropic.com",)
    assert "The first post of anthropic came 7 min" in run.said
    assert run.profile.confidence == "recorded: 720 calls in litellm.jsonl"


def test_posts_of_incident_io_are_in_the_profile(imported, written, tmp_path):
    page = tmp_path / "incidents.json"
    page.write_text(json.dumps(morning.incident_io()))
    run = imported(written("litellm"), page)
    assert [(post.at, post.state) for post in run.profile.status_pages["anthropic"].posts] == [
        (1020, "investigating"),
        (2640, "resolved"),
    ]


def test_columns_are_named_in_either_order(imported, tmp_path, calls):
    path = tmp_path / "odd.csv"
    path.write_text(morning.table(calls).replace("when,vendor,code", "t0,who_serves,result"))
    mapping = "at=t0,who_serves=provider,status=result,milliseconds=latency_ms,client=user"
    assert len(imported(path, "--columns", mapping).profile.windows) == 2


def test_an_unknown_column_names_the_known_ones(refused, written):
    said = refused(written("columns of a CSV"), "--columns", "at=whenn,status=code")
    assert "'whenn'" in said
    assert "'when'" in said
    assert "'at'" in refused(written("columns of a CSV"), "--columns", "att=when,status=code")


def test_broken_lines_are_skipped_counted_and_shown_with_their_numbers(imported, written):
    path = written("litellm")
    rows = path.read_text().splitlines(keepends=True)
    rows[7] = "{not json\n"
    rows[20] = "null\n"
    path.write_text("".join(rows) + '{"startTime": "2026-05-04T09:0')
    run = imported(path)
    assert "3 broken records were skipped (8: " in run.said
    assert "; 21: " in run.said
    assert f"; {len(rows) + 1}: a torn end" in run.said
    assert len(run.profile.windows) == 2


def test_a_document_that_breaks_off_is_read_up_to_there(imported, written):
    path = written("har")
    path.write_text(path.read_text()[:-100])
    run = imported(path)
    assert "1 broken record was skipped" in run.said
    assert len(run.profile.windows) == 2


def test_an_unknown_format_names_the_known_ones(refused, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("it was bad\n")
    said = refused(path)
    assert "unknown format" in said
    for reader in readers.known():
        assert reader.name in said
    assert "--columns" in said


def test_an_empty_and_a_missing_file_say_so(refused, tmp_path):
    path = tmp_path / "nothing.jsonl"
    path.write_text("")
    assert "is empty" in refused(path)
    assert "no such file" in refused(tmp_path / "never.jsonl")


def test_a_file_without_failures_says_so(refused, written, calls):
    healthy = [morning.Call(c.at, 200, 1.0, c.user) for c in calls]
    assert "no outage was found: 0 of 720 calls failed" in refused(written("litellm", healthy))


def test_calls_without_a_provider_say_what_to_give(refused, imported, written):
    path = written("columns of nginx")
    path.write_text(path.read_text().replace("/anthropic/v1/messages", "/llm"))
    assert "--provider NAME" in refused(path)
    (target,) = imported(path, "--provider", "anthropic").profile.windows[0].on
    assert target.provider == "anthropic"


def test_what_is_asked_of_a_gateway_itself_is_no_call(imported, tmp_path, calls):
    """Health checks are as many as calls, and answered while the vendor fails."""
    path = tmp_path / "access.log"
    form = '10.0.0.7 - - [{}] "{} HTTP/1.1" {} 9 "-" "-" {:.3f}'
    clock = "%d/%b/%Y:%H:%M:%S +0000"
    rows = []
    for call in calls:
        ended = datetime.fromtimestamp(call.at + call.seconds, UTC).strftime(clock)
        rows.append(form.format(ended, "POST /llm", call.status, call.seconds))
        rows.append(form.format(ended, "GET /health", 200, 0.001))
    path.write_text("\n".join(rows))
    run = imported(path, "--provider", "anthropic")
    assert "720 GET requests to paths of no endpoint are not counted" in run.said
    assert {target.provider for w in run.profile.windows for target in w.on} == {"anthropic"}
    assert run.profile.windows[0].share.at(700) == pytest.approx(0.9, abs=0.05)
    assert list(run.profile.baseline) == ["anthropic"]


def test_a_team_adds_a_reader_of_its_own(imported, tmp_path, calls, monkeypatch):
    class Ours:
        name = "ours"
        reads = "lines of our gateway"

        def recognises(self, file):
            return file.head.startswith("OURS")

        def read(self, file):
            for number, line in file.lines():
                if number > 1:
                    at, status = line.split()
                    yield RecordedCall(float(at), "anthropic", status=int(status))

    monkeypatch.setitem(extensions._added_by_code, "readers", {"ours": Ours})
    path = tmp_path / "ours.log"
    path.write_text("OURS\n" + "".join(f"{c.at} {c.status}\n" for c in calls))
    run = imported(path)
    assert "read as ours" in run.said
    assert len(run.profile.windows) == 2
