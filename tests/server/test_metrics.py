"""Health, readiness, and what Prometheus' own parser reads of the server's counts."""

from __future__ import annotations

import pytest
from support.libraries import library
from support.raw_sockets import asked, request

from chaos_llm.faults import overloaded
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

parser = library("prometheus_client.parser")
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def thread():
    with ServerThread(Settings(clock="manual")) as thread:
        yield thread


def get(url, name, **headers):
    return asked(url, request(f"/__chaos/{name}", b"", "GET", **headers))


def samples(url, **headers):
    """Values by the name of a sample and its labels."""
    told = get(url, "metrics", **headers)
    assert told.status == 200, told
    families = parser.text_string_to_metric_families(told.body.decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_and_faults_are_counted(thread):
    server = thread.hand()
    before = samples(server.url)
    server.on("anthropic").inject(overloaded(), times=1)
    statuses = [asked(server.url).status for _ in range(3)]
    assert statuses == [529, 200, 200]
    told = samples(server.url)

    def more(*name):
        return told[name] - before.get(name, 0)

    assert more("chaos_llm_requests_total", "200", "anthropic", "complete") == 2
    assert more("chaos_llm_requests_total", "529", "anthropic", "complete") == 1
    assert more("chaos_llm_faults_total", "anthropic", "overloaded") == 1
    assert more("chaos_llm_reply_seconds_count", "anthropic") == 3
    assert more("chaos_llm_reply_seconds_bucket", "+Inf", "anthropic") == 3
    assert told["chaos_llm_runs", "0"] >= 1
    assert told["chaos_llm_loop_lag_seconds", "0"] >= 0


def test_counts_outlive_the_run_that_they_are_of(thread):
    server = thread.hand("another")
    asked(server.url, request(x_chaos_run="another"))
    before = samples(server.url)
    asked(server.url, request("/__chaos/runs?run=another", b"", "DELETE"))
    name = ("chaos_llm_requests_total", "200", "anthropic", "complete")
    assert samples(server.url)[name] == before[name]


def test_probes_need_no_token_and_metrics_do():
    with ServerThread(Settings(clock="manual", admin_token=TOKEN)) as thread:
        url = thread.hand().url
        assert get(url, "health", host="10.1.2.3").json == {"healthy": True}
        assert get(url, "ready", host="10.1.2.3").json == {"workers": 1}
        assert get(url, "metrics").status == 401
        assert samples(url, authorization=f"Bearer {TOKEN}")
