"""Campaigns on a Dask cluster give the table that they give here, also when a worker is killed."""

from __future__ import annotations

import os
import signal

import pytest
from support.libraries import library

from chaos_llm.campaign.campaign import Campaign, chosen
from chaos_llm.campaign.records import record

distributed = library("distributed")
pytestmark = [
    pytest.mark.timeout(600),
    # Of distributed's own sockets and processes, when a worker is killed.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PROFILES = ("anthropic-529-storm", "anthropic-2025-12-14-network")
FEW = {"calls": 4, "warmup": "1m", "recovery": "1m"}


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def planned(seeds: int) -> Campaign:
    return Campaign("support.campaign_apps:Plain", chosen(PROFILES), seeds, options=FEW)


def shown(table) -> str:
    return record(table, "campaign").model_dump_json()


def test_a_cluster_gives_the_table_of_local_processes(client, tmp_path):
    on_dask = planned(2).run(tmp_path / "dask", dask=client)
    assert shown(on_dask) == shown(planned(2).run(tmp_path / "here", workers=1))


def test_a_worker_that_is_killed_costs_no_row(client, tmp_path):
    pids = list(client.run(os.getpid).values())

    def kill_one(_row, done, _all):
        if done == 2:
            os.kill(pids[0], signal.SIGKILL)

    table = planned(4).run(tmp_path / "dask", dask=client, on_row=kill_one)
    assert [row.status for row in table.in_all.rows] == ["judged"] * 8
    assert shown(table) == shown(planned(4).run(tmp_path / "here", workers=1))
