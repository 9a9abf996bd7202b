"""The pytest door: options, marker and fixture; thin callers of `chaos_llm.outage`.

Nothing but pytest and the standard library is imported until a test uses an outage.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chaos_llm.pytest_plugin import profile_selection, test_item
from chaos_llm.pytest_plugin.summary import Summary

if TYPE_CHECKING:
    from chaos_llm import Outage
    from chaos_llm.server.launch.server_handle import ServedOutage

_OUTAGE = profile_selection.OUTAGE
_BEGUN = pytest.StashKey[bool]()  # the test function itself runs, or has run
_DAY = profile_selection.DAY
_SEED = re.compile("[0-9]{1,19}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--chaos`, `--chaos-seed` and `--chaos-report`."""
    group = parser.getgroup("chaos", "LLM provider outages (chaos_llm)")
    group.addoption(
        "--chaos",
        action="append",
        default=[],
        metavar="NAME",
        help="run every test that names no bad day of its own on this one, in the peak; "
        "may be given more than once",
    )
    group.addoption(
        "--chaos-seed",
        default=None,
        metavar="N|random",
        help="the seed of every outage; without it each test's seed follows from its node id",
    )
    group.addoption(
        "--chaos-report",
        default=None,
        metavar="DIR",
        help="write a page, JSON and the journal of every test on a bad day to this folder",
    )
    group.addoption(
        "--chaos-strict",
        action="store_true",
        help="a test fails if one of its checks was not judged",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, settle the seed, and refuse a bad day that nobody knows."""
    config.addinivalue_line("markers", profile_selection.MARKER)
    config.pluginmanager.register(Summary(config), "chaos_summary")
    given = config.getoption("chaos_seed")
    if given == "random":
        config.option.chaos_seed = _thrown(config)
    elif given is not None and not _SEED.fullmatch(given):
        message = f"--chaos-seed is a whole number or 'random'; got {given[:30]!r}"
        raise pytest.UsageError(message)
    if named := config.getoption("chaos"):
        from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only on a bad day for all
        from chaos_llm.profiles import load  # noqa: PLC0415 - the same

        try:
            for name in named:
                load(name, rootdir=config.rootpath)
        except ChaosError as error:
            raise pytest.UsageError(f"--chaos: {error}") from None
    if config.getoption("chaos_report") is not None or config.getoption("xmlpath", None):
        _tell(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the seed that was thrown for all of them."""
    node.workerinput["chaos_seed"] = node.config.getoption("chaos_seed")


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed in every run."""
    given, named = config.getoption("chaos_seed"), ", ".join(config.getoption("chaos"))
    seed = f"--chaos-seed={given}" if given else "seeds follow from node ids"
    return f"chaos_llm: {seed}" + (f"; every test on {named}" if named else "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a test once on each of its bad days; refuse what cannot work."""
    item: Any = metafunc.definition
    if profile_selection.knows_us(item) and profile_selection.is_given(item):
        raise profile_selection.mistake(item, profile_selection.GIVEN)
    days = profile_selection.days(item)
    if item.get_closest_marker("chaos") is not None:
        named: list[str | None] = [*days]
        for day in named or [None]:
            profile_selection.new_outage(item, day)
    if len(days) > 1 or profile_selection.is_tagged(item):
        metafunc.fixturenames.append(_DAY)
        metafunc.parametrize(_DAY, days)


@pytest.fixture
def chaos(request: pytest.FixtureRequest) -> Iterator[Outage]:
    """The outage of this test; it is in force while the test function runs, not around it.

    Fixtures that are set up after this one see the date of its profile, and real time otherwise.
    """
    if _BEGUN in request.node.stash:
        pytest.fail("ask for `chaos` as an argument: this test has begun without an outage")
    outage = test_item.outage_of(request.node)
    with outage.dated():
        yield outage


@pytest.fixture
def chaos_server(request: pytest.FixtureRequest) -> Iterator[ServedOutage]:
    """A mock of every provider on a port of this test's own; its clock stands until `advance`."""
    with profile_selection.new_server(
        request.node, profile_selection.day_of(request.node)
    ) as server:
        yield server.hand()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have keys there for clients that fixtures make, and let the outage go when all is reported.

    An outage holds its journal and every call: a session of a thousand has no room for them.
    """
    if not profile_selection.asks(item):
        return (yield)
    from chaos_llm.requests.placeholder_keys import placeholder_keys  # noqa: PLC0415 - a user's cost

    try:
        with placeholder_keys():
            return (yield)
    finally:
        _forget(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin anew where a test is run again; leave out what no bad day for all can be played on."""
    _forget(item)
    if profile_selection.asks(item) and profile_selection.is_given(item):
        pytest.skip(f"--chaos: {profile_selection.GIVEN}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put the outage in force around the test function alone; all else keeps real time.

    Other plugins have their hooks around the call, too, and pytest-randomly seeds `random` in one
    of them; an outage must be seeded after that, so it begins where pytest calls the function.
    """
    item.stash[_BEGUN] = True
    if examples := sys.modules.get("chaos_llm.reports.failing_examples"):
        examples.forget()
    if not profile_selection.asks(item):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item, "runtest", partial(test_item.run, item, item.runtest))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what happened below a test that failed, with the seed that repeats it."""
    report = yield
    outage = item.stash.get(_OUTAGE, None)
    if outage is not None and call.when == "call" and report.failed:
        report.sections.extend(test_item.sections(outage))
    elif call.when == "call" and report.failed:
        report.sections.extend(test_item.sections_of_examples())
    return report


def _forget(item: pytest.Item) -> None:
    """Drop a test's outage, and the outages of its last examples."""
    if _OUTAGE in item.stash:
        del item.stash[_OUTAGE]
    if _BEGUN in item.stash:
        del item.stash[_BEGUN]
    if examples := sys.modules.get("chaos_llm.reports.failing_examples"):
        examples.forget()


def _tell(config: pytest.Config) -> None:
    """Have pages written, or properties for JUnit's XML."""
    from chaos_llm.pytest_plugin.report_option import ReportOption  # noqa: PLC0415 - asked for, so it is paid for

    folder = config.getoption("chaos_report")
    if folder is not None:
        folder = config.invocation_params.dir / folder
        if folder.exists() and not folder.is_dir():
            raise pytest.UsageError(f"--chaos-report is a folder; {folder} is a file")
        config.option.chaos_report = str(folder)  # workers of pytest-xdist are given this one
    config.pluginmanager.register(ReportOption(config, folder), "chaos_report_option")


def _thrown(config: pytest.Config) -> str:
    if (given := getattr(config, "workerinput", {}).get("chaos_seed")) is not None:
        return str(given)
    import secrets  # noqa: PLC0415 - asked for, so it is paid for

    return str(secrets.randbelow(2**32))
