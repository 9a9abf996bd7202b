"""The JSON API under `/__chaos/`, as any language's HTTP client meets it."""

from __future__ import annotations

import json

import pytest
from support.raw_sockets import ASKED, asked, dialled, heard, request
from support.waiting import PATIENCE

from chaos_llm.profiles import load, to_toml

STORM = "anthropic-529-storm"
pytestmark = pytest.mark.chaos(STORM)


def api(chaos_server, name, method="GET", **given):
    body = json.dumps(given).encode() if given else b""
    return asked(chaos_server.url, request(f"/__chaos/{name}", body, method))


def test_the_index_lists_every_question(chaos_server):
    asks = api(chaos_server, "").json["ask"]
    for name in ("state", "windows", "journal", "verdict", "runs"):
        assert f"GET /__chaos/{name}" in asks
    for name in ("advance", "reset", "load", "inject", "heal", "answers", "runs"):
        assert f"POST /__chaos/{name}" in asks


def test_state_says_where_the_run_is(chaos_server):
    state = api(chaos_server, "state").json
    assert (state["profile"], state["seed"] >= 0, state["run"]) == (STORM, True, "default")
    assert state["clock"] == {
        "kind": "manual",
        "speed": 0.0,
        "now": 0.0,
        "date": "2026-07-30T05:03:00+00:00",
        "next": None,
    }
    assert "burst 1: outlasts eleven retries" in state["open"]


def test_the_api_is_refused_at_the_host_of_a_vendor_every_time(chaos_server):
    advance = request("/__chaos/advance", b'{"by":"1m"}', host="api.anthropic.com")
    assert [asked(chaos_server.url, advance).status for _ in range(3)] == [403] * 3


def test_windows_say_which_are_open(chaos_server):
    api(chaos_server, "advance", "POST", to="burst 2")
    states = {each["name"]: each["state"] for each in api(chaos_server, "windows").json}
    assert states["burst 1: outlasts eleven retries"] == "over"
    assert (states["burst 2"], states["burst 3"]) == ("open", "ahead")


def test_advance_takes_a_duration_or_a_place(chaos_server):
    assert api(chaos_server, "advance", "POST", by="90s").json["clock"]["now"] == 90
    assert api(chaos_server, "advance", "POST", to="burst 2").json["clock"]["now"] == 720


@pytest.mark.parametrize(
    ("name", "method", "given", "says"),
    [
        ("advance", "POST", {"bi": "10m"}, "does not take bi; POST /__chaos/advance takes run, by"),
        ("advance", "POST", {}, 'give {"by": "10m"}'),
        ("advance", "POST", {"by": "soon"}, "'soon' is not a duration"),
        ("advance", "POST", {"to": "brust 2"}, "unknown window 'brust 2'; known, nearest first"),
        ("load", "POST", {}, "'profile' is missing"),
        ("load", "POST", {"profile": "anthropic-529-strom"}, f"nearest first: '{STORM}'"),
        ("load", "POST", {"profile": "/etc/passwd"}, "no path"),
        ("load", "POST", {"toml": "title ="}, "posted.toml"),
        ("reset", "POST", {"seed": "x"}, "a seed is a whole number"),
        ("inject", "POST", {"provider": "anthropic"}, "'fault' is missing"),
        ("inject", "POST", {"provider": "a", "fault": "hang"}, "unknown provider 'a'"),
        ("inject", "POST", {"provider": "openai", "fault": "hagn"}, "unknown fault 'hagn'"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "x": 1}, "and hang 'x'; known"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "shares": 1}, "first: 'share'"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "share": 3}, "up to 1; got 3"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "for_": "x"}, "not a duration"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "arguments": 1}, "the fault"),
        ("inject", "POST", {"provider": "openai", "fault": "hang", "times": 0}, "1 or more"),
        ("answers", "POST", {"provider": "openai", "answers": [1]}, "a list of texts"),
        ("runs", "POST", {}, "give the new run a name"),
        ("runs", "DELETE", {"run": "nobody"}, "unknown run 'nobody'"),
        ("journal?since=x", "GET", {}, "the number of the first exchange"),
        ("ca", "GET", {}, "started without --tls"),
    ],
)
def test_wrong_use_is_told_what_to_do(chaos_server, name, method, given, says):
    told = api(chaos_server, name, method, **given)
    assert told.status == 400
    assert says in told.json["error"]["message"]


def test_wrong_paths_and_methods_and_bodies_are_told_what_to_do(chaos_server):
    lost = api(chaos_server, "stat")
    assert (lost.status, "GET /__chaos/state" in lost.json["error"]["message"]) == (404, True)
    wrong = api(chaos_server, "advance")
    assert (wrong.status, "asked by POST" in wrong.json["error"]["message"]) == (405, True)
    for body, says in [(b"{", "no JSON"), (b"[]", "a JSON object")]:
        told = asked(chaos_server.url, request("/__chaos/advance", body))
        assert (told.status, says in told.json["error"]["message"]) == (400, True)


def test_the_journal_is_jsonl_and_can_be_read_on(chaos_server):
    for _ in range(3):
        asked(chaos_server.url)
    lines = api(chaos_server, "journal").body.decode().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2]
    assert {json.loads(line)["status"] for line in lines} == {529}
    later = api(chaos_server, "journal?since=2").body.decode().splitlines()
    assert later == lines[2:]


def test_reset_begins_the_same_day_anew(chaos_server):
    first = [asked(chaos_server.url).data for _ in range(3)]
    state = api(chaos_server, "reset", "POST").json
    assert (state["requests"], state["clock"]["now"]) == (0, 0)
    assert [asked(chaos_server.url).data for _ in range(3)] == first


def test_reset_ends_what_is_under_way(chaos_server):
    chaos_server.advance("10m")
    api(chaos_server, "inject", "POST", provider="anthropic", fault="hang")
    with dialled(chaos_server.url) as connection:
        connection.sendall(request())
        chaos_server.wait_for(1, within=PATIENCE)
        api(chaos_server, "reset", "POST")
        assert heard(connection).end == "fin"


def test_another_day_is_loaded_by_name_or_as_text(chaos_server):
    state = api(chaos_server, "load", "POST", profile="anthropic-2026-04-28-auth", seed=7).json
    assert (state["profile"], state["seed"]) == ("anthropic-2026-04-28-auth", 7)
    text = to_toml(load(STORM))
    state = api(chaos_server, "load", "POST", toml=text, at="burst 2").json
    assert (state["profile"], state["clock"]["now"]) == ("posted", 720)
    assert api(chaos_server, "profile").body.decode() == text


def test_runs_are_begun_with_all_that_their_client_needs(chaos_server):
    told = api(chaos_server, "runs", "POST", run="node-1", profile=STORM, at="10m").json
    assert told["env"]["ANTHROPIC_API_KEY"].endswith("-chaos-run-node-1")
    assert told["env"]["ANTHROPIC_BASE_URL"] == f"{chaos_server.url}/anthropic"
    key = told["env"]["ANTHROPIC_API_KEY"]
    assert asked(chaos_server.url, request(x_api_key=key)).status == 200
    assert asked(chaos_server.url, request()).status == 529
    runs = api(chaos_server, "runs").json
    assert [runs[name]["requests"] for name in ("default", "node-1")] == [1, 1]
    assert api(chaos_server, "runs", "DELETE", run="node-1").json == {"runs": ["default"]}


def test_faults_answers_and_healing_come_from_any_language(chaos_server):
    chaos_server.advance("10m")
    api(
        chaos_server,
        "inject",
        "POST",
        provider="anthropic",
        fault="server_error",
        status=502,
        times=1,
    )
    api(chaos_server, "answers", "POST", provider="anthropic", answers="As I said.")
    assert [asked(chaos_server.url).status for _ in range(2)] == [502, 200]
    assert b"As I said." in asked(chaos_server.url).data
    api(chaos_server, "inject", "POST", provider="anthropic", fault="overloaded")
    api(chaos_server, "heal", "POST", provider="anthropic")
    assert asked(chaos_server.url).status == 200


def test_the_verdict_judges_requests_and_says_what_it_cannot_judge(chaos_server):
    for call in ("a", "b"):
        for _ in range(2):
            asked(chaos_server.url, request(x_chaos_call=call))
            chaos_server.advance("1s")
    verdict = api(chaos_server, "verdict").json
    found = {each["check"].partition("(")[0]: each["verdict"] for each in verdict["findings"]}
    assert (verdict["calls"], verdict["requests"], verdict["applied"]) == (2, 4, 4)
    assert found["retries_stay_under"] == "pass"
    assert found["answers_are_whole"] == "not judged"


def test_without_a_fault_nothing_was_tested(chaos_server):
    verdict = api(chaos_server, "verdict").json
    assert verdict["verdict"] == "not judged"
    assert "no fault was applied" in verdict["why"]


def test_the_timeline_is_text_for_a_terminal(chaos_server):
    asked(chaos_server.url, request(body=ASKED | {"messages": []}))
    asked(chaos_server.url, request(x_chaos_call="1"))
    text = api(chaos_server, "timeline").body.decode()
    assert text.startswith(f"{STORM}, seed")
    assert "anthropic hit" in text


def asked_of_openai(chaos_server):
    body = {"model": "gpt-5.5", "messages": [{"role": "user", "content": "Hello?"}]}
    asks = request("/openai/v1/chat/completions", body, authorization="Bearer sk-test")
    return asked(chaos_server.url, asks)


def injected(chaos_server, **given):
    assert api(chaos_server, "inject", "POST", provider="openai", **given).status == 200


def test_a_fault_is_injected_for_a_share_of_the_requests_and_for_a_time(chaos_server):
    def status():
        return asked_of_openai(chaos_server).status

    injected(chaos_server, fault="overloaded", share=0.5, for_="5m")
    during = [status() for _ in range(30)]
    assert during.count(200) in range(5, 26)
    api(chaos_server, "advance", "POST", by="5m")
    assert {status() for _ in range(10)} == {200}


@pytest.mark.parametrize(
    "given", [{"share": 0.7}, {"arguments": {"share": 0.7}, "share": 1.0, "times": 1}]
)
def test_a_share_of_its_own_goes_to_the_fault(chaos_server, given):
    injected(chaos_server, fault="dropped_top_token", **given)
    asked_of_openai(chaos_server)
    (draw,) = chaos_server.journal[-1].decision.draws
    assert repr(draw.fault) == "dropped_top_token(share=0.7)"
