"""Sweeps: tests over whole catalogues, of which a plain run has a sample.

A test marked `exhaustive` has many similar cases: each SDK with each fault, each profile with each
bot. `python -m pytest` runs a sample of them, `-m exhaustive` runs these tests alone with every
case, and `--every-case` runs all tests with every case, as does UPDATE_MATRIX=1 or
UPDATE_GOLDEN=1. Cases selected by -k, by --lf or by id run as selected.

    @pytest.mark.exhaustive             # a sample in which each parameter has each value once
    @pytest.mark.exhaustive(sample=20)  # the same, of at most 20 cases
    @pytest.mark.exhaustive(sample=0)   # not in the plain run

    pytestmark = pytest.mark.exhaustive(of_file=4)  # four tests of this file, unless it is named

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
OF_FILE = "of_file"
UPDATES = ("UPDATE_GOLDEN", "UPDATE_MATRIX")  # variables by which tests write what they expect


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-case",
        action="store_true",
        help=f"play every case of the tests marked {MARK}, and all other tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    text = "the plain run plays a sample: of a test's cases, or of a file's (support/sweeps.py)"
    config.addinivalue_line("markers", f"{MARK}(sample, of_file): {text}")


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
        mark = item.get_closest_marker(MARK)
        if mark and not (OF_FILE in mark.kwargs and _is_named(item)):
            sweeps[_group(item, mark)].append(item)
    dropped = set(_dropped(sweeps))
    if dropped:
        config.hook.pytest_deselected(items=[item for item in items if item in dropped])
        items[:] = [item for item in items if item not in dropped]


def _is_named(item: pytest.Item) -> bool:
    """Whether the command line names this test or its file, and not a folder only."""
    named = (argument.partition("::")[0] for argument in item.config.args)
    return any(name.endswith(".py") and item.path.match(name) for name in named)


def _group(item: pytest.Item, mark: pytest.Mark) -> str:
    """What is sampled together: the cases of a test, or of a file."""
    return item.nodeid.partition("::" if OF_FILE in mark.kwargs else "[")[0]


def _dropped(sweeps: dict[str, list[pytest.Item]]) -> Iterable[pytest.Item]:
    for name, cases in sweeps.items():
        mark = cases[0].get_closest_marker(MARK)
        limits = mark.kwargs if mark else {}
        if OF_FILE in limits:
            kept = set(_shuffled(name, cases)[: limits[OF_FILE]])
        else:
            kept = set(sample(name, cases, limits.get("sample", len(cases))))
        yield from (case for case in cases if case not in kept)


def _shuffled(name: str, cases: list[pytest.Item]) -> list[pytest.Item]:
    drawn = sorted(cases, key=lambda case: case.nodeid)
    Random(f"{seed()} {name}").shuffle(drawn)
    return drawn


def sample(name: str, cases: list[pytest.Item], most: int) -> list[pytest.Item]:
    """At most so many of a test's cases, in which each parameter has each value once."""
    seen: set[tuple[str, object]] = set()
    kept: list[pytest.Item] = []
    for case in _shuffled(name, cases):
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
