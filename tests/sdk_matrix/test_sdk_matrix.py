"""Every installed SDK reacts to every fault, in every kind of request, as recorded.

The records are data: `expected/PACKAGE-MAJOR.json`, by client, fault and kind of request.
UPDATE_MATRIX=1 writes the results, in one process only, and fails, because they have to be
reviewed; a page of the docs is generated from these files.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest

from chaos_llm.faults import FAULTS
from chaos_llm.sdk_matrix.cells import measure
from chaos_llm.sdk_matrix.clients import CLIENTS
from chaos_llm.sdk_matrix.fault_scenes import SPECIMENS

EXPECTED = Path(__file__).parent / "expected"
HERE = [client for client in CLIENTS if not client.missing]
CELLS = [(client, fault, way) for client in HERE for fault in SPECIMENS for way in client.ways]


def file_of(client):
    return EXPECTED / f"{client.package}-{client.major}.json"


@cache
def expectations(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def update(client, cell):
    """Write one cell to the file of its SDK, the others as they were."""
    path = file_of(client)
    expectations.cache_clear()
    known = expectations(path)
    rows = known.setdefault(client.name, {})
    rows.setdefault(cell.fault, {})[cell.way] = cell.outcome
    order = [repr(fault) for fault in SPECIMENS]
    known[client.name] = {
        fault: {way: rows[fault][way] for way in client.ways if way in rows[fault]}
        for fault in order
        if fault in rows
    }
    ordered = {each.name: known[each.name] for each in CLIENTS if each.name in known}
    path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("client", "fault", "way"),
    CELLS,
    ids=[f"{client.name}-{fault!r}-{way}" for client, fault, way in CELLS],
)
def test_an_sdk_reacts_to_a_fault_as_recorded(client, fault, way):
    cell = measure(client, fault, way)
    expected = expectations(file_of(client)).get(client.name, {}).get(cell.fault, {}).get(way)
    if cell.outcome != expected and os.environ.get("UPDATE_MATRIX"):
        update(client, cell)
        pytest.fail(f"written to {file_of(client).name}, to be read: {cell.outcome!r}")
    to_add = json.dumps({client.name: {cell.fault: {way: cell.outcome}}})
    assert cell.outcome == expected, (
        f"{file_of(client).name} has no such cell; it would be {to_add}"
    )


def test_every_fault_of_the_catalogue_has_a_cell():
    of_sessions = {"close_session", "session_limit"}  # on websockets: test_websocket_sdks.py
    assert {fault.name for fault in SPECIMENS} == set(FAULTS) - of_sessions
    assert len({repr(fault) for fault in SPECIMENS}) == len(SPECIMENS)


@pytest.mark.parametrize("path", sorted(EXPECTED.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_cell_is_measured(path):
    clients = {c.name: c for c in CLIENTS if path.stem.rpartition("-")[0] == c.package}
    faults = {repr(fault) for fault in SPECIMENS}
    for name, rows in expectations(path).items():
        assert set(rows) == faults, name
        assert all(tuple(row) == clients[name].ways for row in rows.values()), name
