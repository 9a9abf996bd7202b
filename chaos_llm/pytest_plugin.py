"""The pytest door: options, marker and fixture; thin callers of `chaos_llm.outage`.

Nothing but pytest and the standard library is imported until a test uses an outage.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from chaos_llm import Outage

_OUTAGE = pytest.StashKey["Outage"]()
_PROFILE = "_chaos_profile"
_MARKER = (
    "chaos(*profiles, tags=None, at=None): play the test on these named bad days; `tags` takes "
    "every profile with that tag (or all of several tags), `at` a window's name or a time"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--chaos` and `--chaos-seed`."""
    group = parser.getgroup("chaos", "LLM provider outages (chaos_llm)")
    group.addoption(
        "--chaos",
        action="append",
        default=[],
        metavar="NAME",
        help="run every test on this bad day, in the thick of it; may be given more than once",
    )
    group.addoption(
        "--chaos-seed",
        default=None,
        metavar="N|random",
        help="the seed of every outage; without it each test's seed follows from its node id",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and settle the seed."""
    config.addinivalue_line("markers", _MARKER)
    given = config.getoption("chaos_seed")
    if given == "random":
        import secrets  # noqa: PLC0415 - asked for, so it is paid for

        config.option.chaos_seed = str(secrets.randbelow(2**32))
    elif given is not None and not given.isdigit():
        message = f"--chaos-seed is a whole number or 'random'; got {given!r}"
        raise pytest.UsageError(message)


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed in every run."""
    given = config.getoption("chaos_seed")
    days = ", ".join(config.getoption("chaos"))
    seed = f"--chaos-seed={given}" if given else "seeds follow from node ids"
    return f"chaos_llm: {seed}" + (f"; every test on {days}" if days else "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a test once on each of its profiles."""
    profiles = _profiles(metafunc.definition, metafunc.config)
    if len(profiles) > 1 or _has_tags(metafunc.definition):
        metafunc.fixturenames.append(_PROFILE)
        metafunc.parametrize(_PROFILE, profiles)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse what cannot work while it is collected, and not in the middle of a run."""
    for item in items:
        function = getattr(item, "obj", None)
        if getattr(function, "is_hypothesis_test", False) and _asks(item):
            _refuse_given(item)


@pytest.fixture
def chaos(request: pytest.FixtureRequest) -> Outage:
    """The outage of this test; it is in force while the test function runs, not around it."""
    return _outage_of(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Have keys there for clients that fixtures make, before the outage is in force."""
    if not _asks(item):
        return (yield)
    from chaos_llm.interception.credentials import placeholder_keys  # noqa: PLC0415 - a user's cost

    with placeholder_keys():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put the outage in force for the call phase only; fixtures and reports keep real time."""
    if not _asks(item):
        return (yield)
    with _outage_of(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what happened below a test that failed, with the seed that repeats it."""
    report = yield
    outage = item.stash.get(_OUTAGE, None)
    if outage is not None and call.when == "call" and report.failed:
        report.sections.append(("chaos timeline", outage.timeline()))
        again = f"profile {outage.profile.name}, seed {outage.seed}"
        report.sections.append(("chaos seed", f"{again}: repeat with --chaos-seed={outage.seed}"))
    return report


def _asks(item: pytest.Item) -> bool:
    return (
        item.get_closest_marker("chaos") is not None
        or "chaos" in getattr(item, "fixturenames", ())
        or bool(item.config.getoption("chaos"))
    )


def _outage_of(item: pytest.Item) -> Outage:
    known = item.stash.get(_OUTAGE, None)
    if known is None:
        from chaos_llm import Outage  # noqa: PLC0415 - here the paying begins

        known = Outage(_profile_of(item), seed=_seed(item), at=_at(item))
        item.stash[_OUTAGE] = known
    return known


def _profile_of(item: pytest.Item) -> str | None:
    params = getattr(getattr(item, "callspec", None), "params", {})
    if _PROFILE in params:
        return str(params[_PROFILE])
    return next(iter(_profiles(item, item.config)), None)


def _profiles(item: Any, config: pytest.Config) -> list[str]:
    """The names on the nearest marker, else those of `--chaos`."""
    marker = item.get_closest_marker("chaos")
    if marker is None:
        return list(config.getoption("chaos"))
    named = list(marker.args)
    unknown = set(marker.kwargs) - {"tags", "at"}
    if unknown or not all(isinstance(name, str) for name in named):
        message = f"{item.nodeid}: @pytest.mark.chaos takes {_MARKER}; got {marker!r}"
        raise pytest.UsageError(message)
    if tags := marker.kwargs.get("tags"):
        named += [name for name in _tagged(item, tags) if name not in named]
    return named


def _tagged(item: Any, tags: str | list[str]) -> list[str]:
    from chaos_llm.errors import UnknownName  # noqa: PLC0415 - only where tags are used
    from chaos_llm.profiles import with_tag  # noqa: PLC0415 - the same

    try:
        of_each = [with_tag(tag) for tag in ([tags] if isinstance(tags, str) else tags)]
    except UnknownName as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None
    return [name for name in of_each[0] if all(name in names for names in of_each)]


def _has_tags(item: Any) -> bool:
    marker = item.get_closest_marker("chaos")
    return marker is not None and bool(marker.kwargs.get("tags"))


def _at(item: pytest.Item) -> Any:
    marker = item.get_closest_marker("chaos")
    if marker is not None:
        return marker.kwargs.get("at")
    if not item.config.getoption("chaos"):
        return None
    from chaos_llm.places import THICK  # noqa: PLC0415 - only on a bad day for all

    return THICK


def _seed(item: pytest.Item) -> int:
    given = item.config.getoption("chaos_seed")
    return int(given) if given is not None else zlib.crc32(item.nodeid.encode())


def _refuse_given(item: pytest.Item) -> NoReturn:
    message = (
        f"{item.nodeid}: one `chaos` cannot serve the many examples of @given, for its clock and "
        "journal would run on from one to the next. Enter an outage in each example instead:\n\n"
        "    from chaos_llm import outage\n\n"
        "    @given(...)\n"
        "    def test_it(...):\n"
        "        with outage('a-profile') as chaos:\n"
        "            ...\n"
    )
    raise pytest.UsageError(message)
