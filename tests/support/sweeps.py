"""Sweeps: tests over whole catalogues, of which a plain run has a sample.

A test marked `exhaustive` has many similar cases: each SDK with each fault, each profile with each
bot. `python -m pytest` runs a sample of them, `-m exhaustive` runs these tests alone with every
case, and `--every-case` runs all tests with every case, as does UPDATE_MATRIX=1 or
UPDATE_GOLDEN=1. Cases selected by -k, by --lf or by id run as selected.

    @pytest.mark.exhaustive             # a sample in which each parameter has each value once
    @pytest.mark.exhaustive(sample=20)  # the same, of at most 20 cases
    @pytest.mark.exhaustive(sample=0)   # not in the plain run

A test that draws its cases itself, with Hypothesis, uses the fixture `every_case`.

The sample follows from SUITE_SEED (default: 0), which `.ci/run` takes from the commit. The seed of
pytest-randomly does not change it, so that all workers of pytest-xdist draw the same sample.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from random import Random

import pytest

MARK = "exhaustive"
UPDATES = ("UPDATE_GOLDEN", "UPDATE_MATRIX")  # variables by which tests write what they expect


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-case",
        action="store_true",
        help=f"play every case of the tests marked {MARK}, and all other tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    text = (
        "its cases are a sample in the plain run; sample=N is the most of them (support/sweeps.py)"
    )
    config.addinivalue_line("markers", f"{MARK}(sample): {text}")


def pytest_report_header(config: pytest.Config) -> str:
    if plays_every_case(config):
        return f"{MARK} tests: every case"
    return f"{MARK} tests: a sample of their cases, SUITE_SEED={seed()} (-m {MARK} plays them all)"


def seed() -> str:
    """What the samples follow from."""
    return os.environ.get("SUITE_SEED", "0")


@pytest.fixture(scope="session")
def every_case(request: pytest.FixtureRequest) -> bool:
    """Whether a test that draws its cases itself is to draw all of them."""
    return plays_every_case(request.config)


def plays_every_case(config: pytest.Config) -> bool:
    """Whether this session samples nothing."""
    sent = config.getoption("--every-case") or MARK in config.getoption("markexpr")
    chosen = config.getoption("keyword") or config.getoption("lf", False)
    named = any("[" in argument for argument in config.args)
    return bool(sent or chosen or named) or any(map(os.environ.get, UPDATES))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that are not in the sample."""
    if plays_every_case(config):
        return
    sweeps: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker(MARK):
            sweeps[item.nodeid.partition("[")[0]].append(item)
    dropped = set(_dropped(sweeps))
    if dropped:
        config.hook.pytest_deselected(items=[item for item in items if item in dropped])
        items[:] = [item for item in items if item not in dropped]


def _dropped(sweeps: dict[str, list[pytest.Item]]) -> Iterable[pytest.Item]:
    for name, cases in sweeps.items():
        kept = set(sample(name, cases, _size(cases)))
        yield from (case for case in cases if case not in kept)


def _size(cases: list[pytest.Item]) -> int:
    mark = cases[0].get_closest_marker(MARK)
    return int(mark.kwargs.get("sample", len(cases))) if mark else len(cases)


def sample(name: str, cases: list[pytest.Item], most: int) -> list[pytest.Item]:
    """At most so many of a test's cases, in which each parameter has each value once."""
    drawn = sorted(cases, key=lambda case: case.nodeid)
    Random(f"{seed()} {name}").shuffle(drawn)
    seen: set[tuple[str, object]] = set()
    kept: list[pytest.Item] = []
    for case in drawn:
        values = {(name, _identity(value)) for name, value in _parameters(case)}
        if len(kept) < most and not values <= seen:
            seen |= values
            kept.append(case)
    return kept


def _parameters(case: pytest.Item) -> Iterable[tuple[str, object]]:
    callspec = getattr(case, "callspec", None)
    return callspec.params.items() if callspec else [("", None)]


def _identity(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value
