"""`chaos_server`: a server for one test, whose clock the test has in hand."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request

import anthropic
import openai
import pytest
from support.waiting import PATIENCE

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import latency, overloaded, rate_limited
from chaos_llm.server.launch.server_handle import ServedOutage

ASKED = {"model": "claude-opus-4-6", "max_tokens": 50}
STORM = "anthropic-529-storm"


def claude(server, **options):
    url = server.base_url("anthropic")
    return anthropic.Anthropic(api_key="k", base_url=url, max_retries=0, timeout=20, **options)


def ask(client, text="Where is order KX-48213?"):
    messages = [{"role": "user", "content": text}]
    return client.messages.create(messages=messages, **ASKED).content[0].text


def test_a_healthy_provider_answers_over_a_real_socket(chaos_server):
    assert "KX-48213" in ask(claude(chaos_server))
    (exchange,) = chaos_server.journal
    assert (exchange.provider, exchange.path, exchange.end) == (
        "anthropic",
        "/v1/messages",
        "complete",
    )


@pytest.mark.chaos(STORM)
def test_the_marker_says_which_day_and_advance_moves_it(chaos_server):
    with pytest.raises(anthropic.APIStatusError, match="529"):
        ask(claude(chaos_server))
    assert chaos_server.advance("10m") == 600
    assert "KX-48213" in ask(claude(chaos_server))
    assert [exchange.at for exchange in chaos_server.journal] == [0, 600]


@pytest.mark.chaos(STORM, at="burst 4: outlasts eleven retries")
def test_the_marker_says_where_the_day_begins(chaos_server):
    assert chaos_server.now == 33 * 60
    with pytest.raises(anthropic.APIStatusError, match="529"):
        ask(claude(chaos_server))


def test_a_reply_waits_until_the_clock_is_advanced(chaos_server):
    chaos_server.on("anthropic").inject(latency(seconds=3600))
    told = []
    asking = threading.Thread(target=lambda: told.append(ask(claude(chaos_server))))
    asking.start()
    chaos_server.wait_for(requests=1, within=PATIENCE)
    chaos_server.advance("59m")
    asking.join(0.2)
    assert asking.is_alive()
    chaos_server.advance("1m")
    asking.join(PATIENCE)
    assert "KX-48213" in told[0]
    (exchange,) = chaos_server.journal
    assert (exchange.at, exchange.until) == (0, 3600)


def test_faults_heal_and_answers_are_chosen_by_hand(chaos_server):
    chaos_server.on("openai").inject(rate_limited(retry_after=7), times=1)
    client = openai.OpenAI(api_key="k", base_url=chaos_server.env["OPENAI_BASE_URL"], max_retries=0)
    asked = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hi."}]}
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**asked)
    chaos_server.on("openai").answers(["One.", "Two."])
    said = [client.chat.completions.create(**asked).choices[0].message.content for _ in range(2)]
    assert said == ["One.", "Two."]
    chaos_server.on("openai").inject(overloaded())
    chaos_server.on("openai").heal()
    assert client.chat.completions.create(**asked).choices[0].message.content == "Two."


def test_runs_share_a_server_and_nothing_else(chaos_server):
    one, two = chaos_server.run("one"), chaos_server.run("two")
    one.on("anthropic").inject(overloaded())
    one.advance("1h")
    with pytest.raises(anthropic.APIStatusError, match="529"):
        ask(claude(one, default_headers={"X-Chaos-Run": "one"}))
    ask(claude(two, default_headers={"X-Chaos-Run": "two"}))
    assert [len(each.journal) for each in (one, two, chaos_server)] == [1, 1, 0]
    assert (one.now, two.now) == (3600, 0)


def test_a_run_is_known_by_the_key_that_its_environment_has(chaos_server):
    child = chaos_server.run("by-key")
    code = (
        "import anthropic; m = [{'role': 'user', 'content': 'Hi.'}];"
        "anthropic.Anthropic().messages.create(model='m', max_tokens=9, messages=m)"
    )
    subprocess.run([sys.executable, "-c", code], env=child.env, check=True)
    assert len(child.journal) == 1
    assert not chaos_server.journal


def test_every_address_in_the_environment_leads_to_its_provider(chaos_server):
    env = chaos_server.env
    for variable, path, provider in [
        ("ANTHROPIC_BASE_URL", "/v1/messages", "anthropic"),
        ("OPENAI_BASE_URL", "/responses", "openai"),
        (
            "AZURE_OPENAI_ENDPOINT",
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "azure-openai",
        ),
        ("GOOGLE_GEMINI_BASE_URL", "/v1beta/models/gemini-2.5-flash:generateContent", "gemini"),
        ("GROQ_BASE_URL", "/openai/v1/chat/completions", "groq"),
        ("TOGETHER_BASE_URL", "/v1/chat/completions", "together"),
        ("CO_API_URL", "/v2/chat", "cohere"),
        ("OLLAMA_HOST", "/api/chat", "ollama"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "/model/m/converse", "bedrock"),
        ("ANTHROPIC_BEDROCK_BASE_URL", "/model/m/invoke", "bedrock"),
        (
            "ANTHROPIC_VERTEX_BASE_URL",
            "/projects/p/locations/r/publishers/anthropic/models/m:rawPredict",
            "vertex",
        ),
        ("LLAMA_API_CLIENT_BASE_URL", "/chat/completions", "meta-llama"),
    ]:
        request = urllib.request.Request(env[variable] + path, b"{}", method="POST")
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as refused:
            refused.close()
        assert (chaos_server.journal[-1].provider, variable) == (provider, variable)
        assert chaos_server.journal[-1].status not in (404, 405)


def test_what_the_test_gets_wrong_is_told(chaos_server):
    with pytest.raises(UnknownName, match="unknown provider 'antropic'; known, nearest first: 'an"):
        chaos_server.on("antropic")
    with pytest.raises(UsageError, match="unknown window 'never'"):
        chaos_server.advance(to="never")
    with pytest.raises(UsageError, match="0 requests came within"):
        chaos_server.wait_for(1, within=0.01)


def test_the_verdict_says_what_it_cannot_see(chaos_server):
    chaos_server.on("anthropic").inject(overloaded())
    client = claude(chaos_server, default_headers={"X-Chaos-Call": "1"})
    for _ in range(6):
        chaos_server.advance("1s")
        with pytest.raises(anthropic.APIStatusError):
            ask(client)
    verdict = chaos_server.verdict()
    found = {each["check"].partition("(")[0]: each for each in verdict["findings"]}
    assert verdict["verdict"] == "fail"
    assert found["retries_stay_under"]["verdict"] == "fail"
    assert "call 1 sent one request to anthropic 6 times" in found["retries_stay_under"]["seen"]
    assert found["never_caches_the_outage"]["verdict"] == "not judged"
    assert json.dumps(verdict)


def test_the_fixture_is_one_clock_or_the_other(pytester):
    pytester.makepyfile("def test_both(chaos, chaos_server):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*`chaos` and `chaos_server` have two clocks*"])


def test_a_bad_day_for_the_whole_suite_is_played_by_the_server_too(pytester):
    pytester.makepyfile(
        """
        import urllib.request, urllib.error, pytest

        def test_it(chaos_server):
            url = chaos_server.base_url("anthropic") + "/v1/messages"
            body = b'{"model": "m", "max_tokens": 1, "messages": [{"role":"user","content":"x"}]}'
            headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
            request = urllib.request.Request(url, body, headers, method="POST")
            with pytest.raises(urllib.error.HTTPError, match="529") as caught:
                urllib.request.urlopen(request)
            caught.value.close()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--chaos", STORM)
    result.assert_outcomes(passed=1)


def test_the_fixture_gives_a_hand(chaos_server):
    assert isinstance(chaos_server, ServedOutage)
