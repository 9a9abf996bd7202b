"""Selects the profiles of a test, by marker, fixture or option, and makes its outages.

A wrong request raises an error while the test is collected.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chaos_llm.pytest_plugin import campaign_marker
from chaos_llm.pytest_plugin.campaign_marker import CAMPAIGN

if TYPE_CHECKING:
    from chaos_llm import Outage
    from chaos_llm.server.launch.server_handle import ServerThread

_TAG = "tag:"  # in --chaos, before a tag
_PACK = "year-"  # how the name of a pack begins
CHAOS = "chaos"  # the marker of a test that runs once with each profile
FIXTURE, SERVER = "chaos", "chaos_server"
PROFILE = "_chaos_profile"  # the parameter of a test that runs with several profiles
SEED = "_chaos_seed"  # the parameter of a test that runs with several seeds, too
OUTAGE = pytest.StashKey["Outage"]()  # the outage of a test item
CASE = pytest.StashKey["Case"]()  # what a unittest.TestCase's test, which has no parameters, meets
BY_OPTION = pytest.StashKey[tuple[str, ...]]()  # of a config: the profiles that --chaos names
HEALTHY = pytest.StashKey[bool]()  # a test that failed by a fault is run once more without it
MARKER = (
    "chaos(*profiles, tags=None, at=None, provider=None, toxiproxy=False, strict=None): run the "
    "test once with each of these outage profiles; `tags` adds every profile with that tag (or "
    "with all of several tags), `at` is where the outage begins, a window's name or a time; "
    "`provider` is another provider to which the profiles are applied; `toxiproxy` puts a real "
    "Toxiproxy in front of `chaos_server`; `strict=False` answers requests that the real APIs "
    "refuse"
)
GIVEN_REFUSED = """one `chaos` cannot serve the many examples of @given, because its clock and \
journal would continue from one to the next. Enter an outage in each example instead:

    from chaos_llm import outage

    @given(...)
    def test_it(...):
        with outage("a-profile") as chaos:
            ...
"""


class Case(NamedTuple):
    """One of the runs of a test: its profile, and its seed if a campaign sets it."""

    profile: str
    seed: int | None = None

    @property
    def id(self) -> str:
        """What stands in brackets behind the name of the test."""
        return self.profile if self.seed is None else f"{self.profile}-{self.seed}"


def marker_of(item: Any) -> pytest.Mark | None:
    """The nearest of our markers; raises an error where a test has two that disagree."""
    found = [mark for mark in item.own_markers if mark.name in (CHAOS, CAMPAIGN)]
    if len({mark.name for mark in found}) > 1:
        raise collection_error(item, f"a test has the marker `{CHAOS}` or `{CAMPAIGN}`, not both")
    return next((mark for mark in item.iter_markers() if mark.name in (CHAOS, CAMPAIGN)), None)


def is_campaign(item: Any) -> bool:
    """Whether a test runs with many seeds of each profile."""
    marker = marker_of(item)
    return marker is not None and marker.name == CAMPAIGN


def uses_chaos(item: Any) -> bool:
    """Whether a test itself has our marker or our fixture."""
    return marker_of(item) is not None or _uses_fixture(item)


def runs_in_outage(item: Any) -> bool:
    """Whether a test runs inside an outage in its own process.

    A test with `chaos_server` does not: its outage is behind real sockets, in real time.
    """
    if SERVER in getattr(item, "fixturenames", ()):
        return False
    return uses_chaos(item) or bool(item.config.getoption("chaos"))


def is_by_option(item: Any) -> bool:
    """Whether a test gets the profile of `--chaos`, because it has no marker of its own."""
    marked = marker_of(item) is not None
    return not marked and runs_in_outage(item) and not is_hypothesis_test(item)


def is_hypothesis_test(item: Any) -> bool:
    """Whether the test function has `@given`, so that Hypothesis calls it many times."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def selects_many(item: Any) -> bool:
    """Whether a test selects by tag or pack; its id then has a name even for one profile."""
    marker = marker_of(item)
    named = item.config.getoption("chaos") if marker is None else marker.args
    if any(_is_pack(name, item.config.rootpath) for name in named if isinstance(name, str)):
        return True
    if marker is None:
        return any(name.startswith(_TAG) for name in named)
    return marker.name == CAMPAIGN or bool(marker.kwargs.get("tags"))


def runs_several_times(item: Any) -> bool:
    """Whether a test runs once for each of its profiles, with the profile in its id."""
    return len(profile_names(item)) > 1 or selects_many(item)


def cases(item: Any) -> list[Case]:
    """All runs of a test that runs several times."""
    marker, names = marker_of(item), profile_names(item)
    if marker is None or marker.name != CAMPAIGN:
        return [Case(name) for name in names]
    return [Case(name, seed) for name in names for seed in campaign_marker.seeds(marker)]


def names_of_option(given: list[str], rootdir: Path) -> tuple[str, ...]:
    """The profiles that `--chaos` names: itself, by a pack, or by tags, `tag:5xx` or `tag:a+b`.

    Raises UsageError or ProfileError for what cannot be loaded.
    """
    names: dict[str, None] = {}
    for each in given:
        if each.startswith(_TAG):
            names |= dict.fromkeys(_with_tags(each.removeprefix(_TAG).split("+"), rootdir))
        else:
            names |= dict.fromkeys(_named(each, rootdir))
    return tuple(names)


def _named(name: str, rootdir: Path) -> list[str]:
    """A profile's name or file as it is; the names of a pack's profiles."""
    from chaos_llm.profiles.packs import expanded  # noqa: PLC0415 - faults

    found = expanded(name, rootdir)
    return [each.name for each in found] if _is_pack(name, rootdir) else [name]


def _is_pack(name: str, rootdir: Path) -> bool:
    if not name.startswith(_PACK):
        return False
    from chaos_llm.profiles.catalogue import year_of_pack  # noqa: PLC0415 - only for packs

    return year_of_pack(name, rootdir) != (None, None)


def profile_names(item: Any) -> list[str]:
    """The names on the nearest marker, else those of `--chaos`."""
    marker = marker_of(item)
    if marker is None:
        return list(item.config.stash.get(BY_OPTION, ()))
    if marker.name == CAMPAIGN:
        try:
            return campaign_marker.profiles(marker, item.config.rootpath)
        except campaign_marker.WrongMarker as error:
            raise collection_error(item, str(error)) from None
    named = list(marker.args)
    unknown = set(marker.kwargs) - {"tags", "at", "provider", "toxiproxy", "strict"}
    if unknown or not all(isinstance(name, str) for name in named):
        raise collection_error(item, f"the marker is {MARKER}; got {marker!r}")
    named = [each for name in named for each in _of_pack(item, name)]
    if tags := marker.kwargs.get("tags"):
        named += [name for name in _tagged(item, tags) if name not in named]
    return list(dict.fromkeys(named))


def profile_name_of(item: Any) -> str | None:
    """The profile of this run of a test; None for healthy providers."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    if PROFILE in params:
        return str(params[PROFILE])
    if CASE in item.stash:
        case: Case = item.stash[CASE]
        return case.profile
    named = profile_names(item)
    if len(named) > 1:
        pytest.skip(f"--chaos: {type(item).__name__} runs with one profile, not with {len(named)}")
    return named[0] if named else None


def new_outage(item: Any, profile: str | None) -> Outage:
    """Make the outage of a test for one of its profiles; None for healthy providers."""
    from chaos_llm import Outage  # noqa: PLC0415 - slow, so only for a test that uses it
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - slow, so only for a test that uses it

    marker, config = marker_of(item), item.config
    at = marker.kwargs.get("at") if marker is not None else None
    if marker is None and config.getoption("chaos"):
        from chaos_llm.decisions.start_position import PEAK  # noqa: PLC0415 - only with --chaos

        at = PEAK
    try:
        where = profile and (marker.kwargs.get("provider") if marker is not None else None)
        where = where or (profile and config.getoption("chaos_provider"))
        return Outage(
            profile,
            seed=_seed(item),
            at=at,
            rootdir=config.rootpath,
            strict=_strict(marker),
            provider=where,
        )
    except ChaosError as error:
        raise collection_error(item, str(error)) from None


def new_server(item: Any, profile: str | None) -> ServerThread:
    """Make the server of a test for one of its profiles, with a clock that the test advances."""
    from chaos_llm.server.launch.server_handle import ServerThread  # noqa: PLC0415 - slow, so only for a test that uses it
    from chaos_llm.server.launch.settings import Settings  # noqa: PLC0415 - slow, so only for a test that uses it

    if FIXTURE in item.fixturenames:
        pytest.fail(f"`{FIXTURE}` and `{SERVER}` have two clocks; use one of them in a test")
    marker, config = marker_of(item), item.config
    at = marker.kwargs.get("at") if marker is not None else None
    if marker is None and profile is not None:
        from chaos_llm.decisions.start_position import PEAK  # noqa: PLC0415 - only with --chaos

        at = PEAK
    return ServerThread(
        Settings(
            () if profile is None else (profile,),
            seed=_seed(item),
            at=at,
            clock="manual",
            toxiproxy=bool(marker is not None and marker.kwargs.get("toxiproxy")),
            rootdir=config.rootpath,
            strict=_strict(marker),
        )
    )


def _strict(marker: pytest.Mark | None) -> bool | None:
    """The marker's `strict`; None if it has none, so that the settings decide."""
    return None if marker is None else marker.kwargs.get("strict")


def collection_error(item: Any, message: str) -> pytest.Collector.CollectError:
    """The error of a test with a wrong marker; pytest shows the message without a traceback."""
    return pytest.Collector.CollectError(f"{item.nodeid}: {message}")


def _uses_fixture(item: Any) -> bool:
    if FIXTURE not in getattr(item, "fixturenames", ()):
        return False
    # A suite that does not use chaos_llm may have its own fixture of that name.
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return all(
        each.func.__module__.startswith("chaos_llm.") for each in known.get(FIXTURE, ())[-1:]
    )


def _of_pack(item: Any, name: str) -> list[str]:
    """The names of a pack's profiles; anything else as it is, which is loaded later."""
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only for tests that use it

    rootdir = item.config.rootpath
    try:
        return _named(name, rootdir) if _is_pack(name, rootdir) else [name]
    except ChaosError as error:
        raise collection_error(item, str(error)) from None


def _tagged(item: Any, tags: str | list[str]) -> list[str]:
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only with tags

    try:
        return _with_tags([tags] if isinstance(tags, str) else list(tags), item.config.rootpath)
    except ChaosError as error:
        raise collection_error(item, str(error)) from None


def _with_tags(tags: list[str], rootdir: Path) -> list[str]:
    """The profiles with all of these tags; raises UsageError where there is none."""
    from chaos_llm.errors import UsageError  # noqa: PLC0415 - only with tags
    from chaos_llm.profiles import with_tag  # noqa: PLC0415 - only with tags

    of_each = [with_tag(tag, rootdir) for tag in tags]
    found = [name for name in of_each[0] if all(name in names for names in of_each)]
    if not found:
        raise UsageError(f"no profile has all of the tags {', '.join(tags)}")
    return found


def _seed(item: Any) -> int:
    params = getattr(getattr(item, "callspec", None), "params", {})
    of_campaign = item.stash[CASE].seed if CASE in item.stash else params.get(SEED)
    if of_campaign is not None:
        return int(of_campaign)
    given = item.config.getoption("chaos_seed")
    return int(given) if given is not None else zlib.crc32(item.nodeid.encode())
