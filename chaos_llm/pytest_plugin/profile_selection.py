"""Which bad days a test asks for, by marker, fixture or option, and the outage of each.

What a test asks for wrongly is refused while it is collected.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chaos_llm import Outage
    from chaos_llm.server.launch.server_handle import ServerThread

FIXTURE, SERVER = "chaos", "chaos_server"
DAY = "_chaos_day"  # the parameter of a test that is played on several days
OUTAGE = pytest.StashKey["Outage"]()  # of a test
HEALTHY = pytest.StashKey[bool]()  # a test that failed by a fault is run once more without it
MARKER = (
    "chaos(*profiles, tags=None, at=None, toxiproxy=False): play the test on these named bad days; "
    "`tags` takes every profile with that tag (or all of several tags), `at` a window's name or a "
    "time; with `toxiproxy` a real one is in front of `chaos_server`"
)
GIVEN = """one `chaos` cannot serve the many examples of @given, for its clock and journal would \
run on from one to the next. Enter an outage in each example instead:

    from chaos_llm import outage

    @given(...)
    def test_it(...):
        with outage("a-profile") as chaos:
            ...
"""


def knows_us(item: Any) -> bool:
    """Whether a test asks by itself, with our marker or our fixture."""
    return item.get_closest_marker("chaos") is not None or _has_our_fixture(item)


def asks(item: Any) -> bool:
    """Whether a test is to be played in process on a bad day, or with healthy providers.

    One with a server of its own is not: its bad day is behind real sockets, in real time.
    """
    if SERVER in getattr(item, "fixturenames", ()):
        return False
    return knows_us(item) or bool(item.config.getoption("chaos"))


def is_by_option(item: Any) -> bool:
    """Whether a test is run on a profile of `--chaos`, as its own marker names none."""
    marked = item.get_closest_marker("chaos") is not None
    return not marked and asks(item) and not is_given(item)


def is_given(item: Any) -> bool:
    """Whether Hypothesis calls the test function, many times in one test."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def is_tagged(item: Any) -> bool:
    """Whether a test takes its bad days by tag: then their names are in its id, even of one."""
    marker = item.get_closest_marker("chaos")
    return marker is not None and bool(marker.kwargs.get("tags"))


def days(item: Any) -> list[str]:
    """The names on the nearest marker, else those of `--chaos`."""
    marker = item.get_closest_marker("chaos")
    if marker is None:
        return list(item.config.getoption("chaos"))
    named = list(marker.args)
    unknown = set(marker.kwargs) - {"tags", "at", "toxiproxy"}
    if unknown or not all(isinstance(name, str) for name in named):
        raise mistake(item, f"the marker is {MARKER}; got {marker!r}")
    if tags := marker.kwargs.get("tags"):
        named += [name for name in _tagged(item, tags) if name not in named]
    return named


def day_of(item: Any) -> str | None:
    """The one day that this run of a test is played on; None for a healthy one."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    named = [params[DAY]] if DAY in params else days(item)
    if len(named) > 1:
        raise mistake(item, "a unittest.TestCase is played on one bad day, not more")
    return named[0] if named else None


def new_outage(item: Any, day: str | None) -> Outage:
    """The outage of a test on one of its days; None is a healthy one."""
    from chaos_llm import Outage  # noqa: PLC0415 - here the paying begins
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - the same

    marker, config = item.get_closest_marker("chaos"), item.config
    at = marker.kwargs.get("at") if marker is not None else None
    if marker is None and config.getoption("chaos"):
        from chaos_llm.decisions.start_position import PEAK  # noqa: PLC0415 - only on a bad day for all

        at = PEAK
    try:
        return Outage(day, seed=_seed(item), at=at, rootdir=config.rootpath)
    except ChaosError as error:
        raise mistake(item, str(error)) from None


def new_server(item: Any, day: str | None) -> ServerThread:
    """The server of a test on one of its days, with a clock that stands."""
    from chaos_llm.server.launch.server_handle import ServerThread  # noqa: PLC0415 - here the paying begins
    from chaos_llm.server.launch.settings import Settings  # noqa: PLC0415 - the same

    if FIXTURE in item.fixturenames:
        pytest.fail(f"`{FIXTURE}` and `{SERVER}` are two clocks; a test has one of them")
    marker, config = item.get_closest_marker("chaos"), item.config
    at = marker.kwargs.get("at") if marker is not None else None
    if marker is None and day is not None:
        from chaos_llm.decisions.start_position import PEAK  # noqa: PLC0415 - only on a bad day for all

        at = PEAK
    return ServerThread(
        Settings(
            () if day is None else (day,),
            seed=_seed(item),
            at=at,
            clock="manual",
            toxiproxy=bool(marker is not None and marker.kwargs.get("toxiproxy")),
            rootdir=config.rootpath,
        )
    )


def mistake(item: Any, text: str) -> pytest.Collector.CollectError:
    """The error of a test that asks for what is not there; pytest shows its text alone."""
    return pytest.Collector.CollectError(f"{item.nodeid}: {text}")


def _has_our_fixture(item: Any) -> bool:
    if FIXTURE not in getattr(item, "fixturenames", ()):
        return False
    # A suite that knows nothing of us may have a fixture of its own by that name.
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return all(
        each.func.__module__.startswith("chaos_llm.") for each in known.get(FIXTURE, ())[-1:]
    )


def _tagged(item: Any, tags: str | list[str]) -> list[str]:
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only where tags are used
    from chaos_llm.profiles import with_tag  # noqa: PLC0415 - the same

    wanted = [tags] if isinstance(tags, str) else list(tags)
    try:
        of_each = [with_tag(tag, item.config.rootpath) for tag in wanted]
    except ChaosError as error:
        raise mistake(item, str(error)) from None
    found = [name for name in of_each[0] if all(name in names for names in of_each)]
    if not found:
        raise mistake(item, f"no profile has all of the tags {', '.join(wanted)}")
    return found


def _seed(item: Any) -> int:
    given = item.config.getoption("chaos_seed")
    return int(given) if given is not None else zlib.crc32(item.nodeid.encode())
