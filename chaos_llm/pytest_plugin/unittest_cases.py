"""Tests of a unittest.TestCase that run with several profiles.

pytest does not parametrize them. So the collector of such a class makes an item for each profile,
with the profile in its id, as a parametrized test has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from _pytest.unittest import TestCaseFunction, UnitTestCase

from chaos_llm.pytest_plugin import profile_selection


def with_profiles(collector: pytest.Collector, name: str, obj: Any, made: Any) -> Any:
    """The collector of a TestCase that knows profiles, in place of pytest's; all others as made."""
    if isinstance(made, list):  # as pytest-asyncio passes it on
        return [with_profiles(collector, name, obj, each) for each in made]
    if type(made) is UnitTestCase and isinstance(collector, pytest.Module | pytest.Class):
        return CaseWithProfiles.from_parent(collector, name=name, obj=obj)
    return made


class CaseWithProfiles(UnitTestCase):
    """A TestCase whose tests run once for each of their profiles."""

    def __repr__(self) -> str:
        return f"<{UnitTestCase.__name__} {self.name}>"

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        for item in super().collect():
            if type(item) is TestCaseFunction and profile_selection.runs_several_times(item):
                yield from self._for_each_profile(item)
            else:
                yield item

    def _for_each_profile(self, item: TestCaseFunction) -> Iterator[pytest.Item]:
        checked = set[str]()
        for case in profile_selection.cases(item):
            name = f"{item.name}[{case.id}]"
            one = TestWithProfile.from_parent(self, name=name, method=item.name)
            one.stash[profile_selection.CASE] = case
            if case.profile not in checked:  # raises the errors of a wrong marker
                profile_selection.new_outage(one, case.profile)
            checked.add(case.profile)
            yield one


class TestWithProfile(TestCaseFunction):
    """One test with one of its profiles; `method` is its name without the profile."""

    __test__ = False

    def __init__(self, *, method: str, **given: Any) -> None:
        self._method = method
        super().__init__(**given)

    @property
    def originalname(self) -> str:
        """Where pytest finds the function; the id is made of `name`."""
        return self._method

    @originalname.setter
    def originalname(self, _name: str) -> None:  # pytest sets what it made of `name`
        pass

    def _getinstance(self) -> Any:
        assert isinstance(self.parent, UnitTestCase)
        return self.parent.obj(self._method)
