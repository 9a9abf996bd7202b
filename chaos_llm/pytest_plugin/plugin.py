"""The pytest plugin: options, the markers `chaos` and `chaos_campaign`, and the fixtures.

It imports only pytest and the standard library until a test uses an outage, because every pytest
run of an environment with chaos_llm loads it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chaos_llm.pytest_plugin import (
    campaign_marker,
    gates,
    profile_selection,
    test_item,
    unittest_cases,
)
from chaos_llm.pytest_plugin.campaign_summary import CampaignSummary
from chaos_llm.pytest_plugin.summary import Summary

if TYPE_CHECKING:
    from chaos_llm import Outage
    from chaos_llm.server.launch.server_handle import ServedOutage

_OUTAGE = profile_selection.OUTAGE
_BEGUN = pytest.StashKey[bool]()  # whether the test function has been called
_PROFILE = profile_selection.PROFILE
_SEED = re.compile("[0-9]{1,19}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--chaos` and the options that begin so."""
    group = parser.getgroup("chaos", "LLM provider outages (chaos_llm)")
    group.addoption(
        "--chaos",
        action="extend",
        type=_names,
        default=[],
        metavar="NAME|tag:TAG|year-2026[:PROVIDER][,...]",
        help="run every test without a `chaos` marker with this outage profile, at its peak, or "
        "with each profile that has this tag (tag:TAG+TAG: all of these tags), or each dated "
        "incident of a year; of several, by commas or in several options, each test runs with each",
    )
    group.addoption(
        "--chaos-seed",
        default=None,
        metavar="N|random",
        help="the seed of every outage; without it each test's seed follows from its node id",
    )
    group.addoption(
        "--chaos-provider",
        default=None,
        metavar="NAME[,NAME]",
        help="play outage profiles on this provider instead of the one each was written for",
    )
    _add_report_and_gates(group)


def _names(given: str) -> list[str]:
    return [name for each in given.split(",") if (name := each.strip())]


def _add_report_and_gates(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--chaos-report",
        default=None,
        metavar="DIR",
        help="write a page, JSON and the journal of every test with an outage to this folder",
    )
    group.addoption(
        "--chaos-record",
        default=None,
        metavar="FILE",
        help="append the suite's real calls to providers to this file, without keys and texts",
    )
    group.addoption(
        "--chaos-min-answered",
        default=None,
        metavar="SHARE",
        type=gates.share,
        help="a test fails if one of its replays answered a smaller share of its calls, such as "
        "0.99; the run fails if no test made a replay",
    )
    group.addoption(
        "--chaos-strict",
        action="store_true",
        help="a test fails if one of its checks was not judged",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """With `--chaos`, set placeholders for missing keys before an import of the app needs them."""
    if early_config.known_args_namespace.chaos:
        from chaos_llm.requests.placeholder_keys import placeholder_keys  # noqa: PLC0415 - only with --chaos

        keys = ExitStack()
        keys.enter_context(placeholder_keys())
        early_config.add_cleanup(keys.close)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, determine the seed, and refuse the name of an unknown profile."""
    config.addinivalue_line("markers", profile_selection.MARKER)
    config.addinivalue_line("markers", campaign_marker.MARKER)
    config.pluginmanager.register(Summary(config), "chaos_summary")
    config.pluginmanager.register(CampaignSummary(), "chaos_campaign_summary")
    config.pluginmanager.register(gates.Gates(config), "chaos_gates")
    given = config.getoption("chaos_seed")
    if given == "random":
        config.option.chaos_seed = _random_seed(config)
    elif given is not None and not _SEED.fullmatch(given):
        message = f"--chaos-seed is a whole number or 'random'; got {given[:30]!r}"
        raise pytest.UsageError(message)
    if named := config.getoption("chaos"):
        from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only with --chaos

        try:
            config.stash[profile_selection.BY_OPTION] = profile_selection.names_of_option(
                named, config.rootpath
            )
        except ChaosError as error:
            raise pytest.UsageError(f"--chaos: {error}") from None
    if config.getoption("chaos_record") is not None:
        _register_recording(config)
    if config.getoption("chaos_report") is not None or config.getoption("xmlpath", None):
        _register_reports(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the seed of all workers."""
    node.workerinput["chaos_seed"] = node.config.getoption("chaos_seed")


def pytest_report_header(config: pytest.Config) -> str:
    """Report the seed in every run."""
    given, named = config.getoption("chaos_seed"), config.getoption("chaos")
    seed = f"--chaos-seed={given}" if given else "seeds follow from node ids"
    if not named:
        return f"chaos_llm: {seed}"
    count, on = len(config.stash[profile_selection.BY_OPTION]), ", ".join(named)
    return f"chaos_llm: {seed}; every test on {on}" + f" ({count} profiles)" * (count > 1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once with each of its profiles; refuse a marker that cannot work."""
    item: Any = metafunc.definition
    if profile_selection.uses_chaos(item) and profile_selection.is_hypothesis_test(item):
        raise profile_selection.collection_error(item, profile_selection.GIVEN_REFUSED)
    names = profile_selection.profile_names(item)
    if profile_selection.marker_of(item) is not None:
        # Making the outages raises the errors of a wrong marker while the test is collected.
        profiles: list[str | None] = [*names]
        for profile in profiles or [None]:
            profile_selection.new_outage(item, profile)
    if profile_selection.runs_several_times(item):
        _parametrize(metafunc, profile_selection.cases(item))


def _parametrize(metafunc: pytest.Metafunc, cases: list[profile_selection.Case]) -> None:
    """Run a test once for each of these."""
    names = (_PROFILE, profile_selection.SEED)
    metafunc.fixturenames.extend(names)  # pytest refuses to parametrize what no test asks for
    metafunc.parametrize(names, cases, ids=[case.id for case in cases])


def pytest_itemcollected(item: pytest.Item) -> None:
    """Spare a property that draws outages the explain phase, which would take a minute."""
    draws = "chaos_llm.property_testing.strategies" in sys.modules
    if not draws or not profile_selection.is_hypothesis_test(item):
        return
    if not item.config.getoption("--hypothesis-explain", default=False):
        from chaos_llm.property_testing.explanations import leave_out_explanation  # noqa: PLC0415 - imports Hypothesis, which such a test has imported

        leave_out_explanation(getattr(item, "obj", None))


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(
    collector: pytest.Collector, name: str, obj: object
) -> Generator[None, Any, Any]:
    """Have the tests of a unittest.TestCase run once with each of their profiles."""
    return unittest_cases.with_profiles(collector, name, obj, (yield))


@pytest.fixture
def chaos(request: pytest.FixtureRequest) -> Iterator[Outage]:
    """The outage of this test, in force while the test function runs, not around it.

    Fixtures that are set up after it see the date of its profile; their clock is the real one.
    """
    if _BEGUN in request.node.stash:
        pytest.fail("take `chaos` as an argument: this test has begun without an outage")
    outage = test_item.outage_of(request.node)
    with outage.dated():
        yield outage


@pytest.fixture
def chaos_server(request: pytest.FixtureRequest) -> Iterator[ServedOutage]:
    """A mock of every provider, on a port of this test alone; its clock moves with `advance`."""
    with profile_selection.new_server(
        request.node, profile_selection.profile_name_of(request.node)
    ) as server:
        yield server.hand()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Set placeholder keys, for clients that fixtures make, and drop the outage after the reports.

    An outage holds its journal and every call, which are too large to keep for a whole session.
    """
    if not profile_selection.runs_in_outage(item):
        return (yield)
    from chaos_llm.requests.placeholder_keys import placeholder_keys  # noqa: PLC0415 - only for tests that use it

    try:
        with placeholder_keys():
            return (yield)
    finally:
        _forget(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Drop the outage of an earlier run of the test; skip tests with @given under `--chaos`."""
    _forget(item)
    if profile_selection.runs_in_outage(item) and profile_selection.is_hypothesis_test(item):
        pytest.skip(f"--chaos: {profile_selection.GIVEN_REFUSED}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put the outage in force around the test function alone; everything else keeps real time.

    Other plugins wrap this hook too, and pytest-randomly seeds `random` in it. An outage must seed
    it after that, so the outage begins where pytest calls the function.
    """
    item.stash[_BEGUN] = True
    if examples := sys.modules.get("chaos_llm.reports.failing_examples"):
        examples.forget()
    if not profile_selection.runs_in_outage(item):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item, "runtest", partial(test_item.run, item, item.runtest))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the timeline and the seed to the report of a failed test."""
    report = yield
    outage = item.stash.get(_OUTAGE, None)
    if outage is not None and call.when == "call" and report.failed:
        report.sections.extend(test_item.sections(item, outage))
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


def _register_recording(config: pytest.Config) -> None:
    """Record real calls until pytest ends."""
    from chaos_llm.pytest_plugin.recording_option import RecordingOption  # noqa: PLC0415 - only with the option

    config.pluginmanager.register(RecordingOption(config), "chaos_recording_option")


def _register_reports(config: pytest.Config) -> None:
    """Register the hooks that write pages, and properties for JUnit's XML."""
    from chaos_llm.pytest_plugin.report_option import ReportOption  # noqa: PLC0415 - only with the option

    folder = config.getoption("chaos_report")
    if folder is not None:
        folder = config.invocation_params.dir / folder
        if folder.exists() and not folder.is_dir():
            raise pytest.UsageError(f"--chaos-report is a folder; {folder} is a file")
        config.option.chaos_report = str(
            folder
        )  # pytest-xdist passes the absolute path to its workers
    config.pluginmanager.register(ReportOption(config, folder), "chaos_report_option")


def _random_seed(config: pytest.Config) -> str:
    """The seed of all workers of pytest-xdist; without workers a new one."""
    if (given := getattr(config, "workerinput", {}).get("chaos_seed")) is not None:
        return str(given)
    import secrets  # noqa: PLC0415 - only with `--chaos-seed=random`

    return str(secrets.randbelow(2**32))
