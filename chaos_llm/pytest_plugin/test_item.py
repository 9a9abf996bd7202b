"""The outage of a pytest item: its creation, the run inside it, the report of a failure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chaos_llm.pytest_plugin import profile_selection

if TYPE_CHECKING:
    from chaos_llm import Outage


def run(item: pytest.Item, runtest: Callable[[], object]) -> None:
    """Run a test function in its outage; skip a profile selected by tag that had no effect."""
    try:
        with outage_of(item):
            runtest()
    except AssertionError as error:
        # A test with a tag cannot know which of the profiles affect the providers of its app.
        if not profile_selection.selects_many(item) or not _is_without_faults(error):
            raise
        name = profile_selection.profile_name_of(item)
        reason = f"no fault of {name} was applied to any request of this test"
        raise pytest.skip.Exception(reason, _use_item_location=True) from None


def _is_without_faults(error: AssertionError) -> bool:
    from chaos_llm.reports.report import NoFaultApplied  # noqa: PLC0415 - only for tests that use it

    return isinstance(error, NoFaultApplied)


def sections_of_examples() -> list[tuple[str, str]]:
    """The report sections of a Hypothesis test that enters an outage in each example."""
    examples = sys.modules.get("chaos_llm.reports.failing_examples")
    if examples is None:
        return []
    try:
        return list(examples.sections())
    except Exception as error:  # a mistake of this package must not hide the test's failure
        return [("chaos timeline", f"could not be drawn: {error!r}")]


def sections(item: pytest.Item, outage: Outage) -> list[tuple[str, str]]:
    """The report sections of a failed test: its timeline, and the seed that repeats it."""
    name_and_seed = f"profile {outage.profile.name}, seed {outage.seed}"
    again = f"--chaos-seed={outage.seed}"
    if profile_selection.is_campaign(item):
        again = f'pytest "{item.nodeid}"'
    return [
        ("chaos timeline", _timeline(outage)),
        ("chaos seed", f"{name_and_seed}: repeat with {again}"),
    ]


def _timeline(outage: Outage) -> str:
    try:
        return outage.timeline()
    except Exception as error:  # a mistake of this package must not hide the test's failure
        return f"could not be drawn: {error!r}"


def outage_of(item: pytest.Item) -> Outage:
    """The outage of a test, made on the first call."""
    outage = item.stash.get(profile_selection.OUTAGE, None)
    if outage is None:
        is_healthy = item.stash.get(profile_selection.HEALTHY, False)
        outage = item.stash[profile_selection.OUTAGE] = profile_selection.new_outage(
            item, None if is_healthy else profile_selection.profile_name_of(item)
        )
        outage.is_shown_by_pytest = True
    return outage
