"""What a pytest item has of us: its outage, its run in it, and what is shown when it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chaos_llm.pytest_plugin import profile_selection

if TYPE_CHECKING:
    from chaos_llm import Outage


def run(item: pytest.Item, runtest: Callable[[], object]) -> None:
    """Run a test function in its outage; a tagged day that is not this app's is skipped."""
    try:
        with outage_of(item):
            runtest()
    except AssertionError as error:
        # Who asks for all days with a tag does not know which of them are this app's.
        if not profile_selection.is_tagged(item) or not _says_nothing_struck(error):
            raise
        day = profile_selection.day_of(item)
        told = f"{day} does not touch what this test asks: no fault struck any request"
        raise pytest.skip.Exception(told, _use_item_location=True) from None


def _says_nothing_struck(error: AssertionError) -> bool:
    from chaos_llm.reports.report import NoFaultApplied  # noqa: PLC0415 - a user's cost

    return isinstance(error, NoFaultApplied)


def sections_of_examples() -> list[tuple[str, str]]:
    """What Hypothesis found, where a test enters an outage in each example."""
    examples = sys.modules.get("chaos_llm.reports.failing_examples")
    if examples is None:
        return []
    try:
        return list(examples.sections())
    except Exception as error:  # a mistake of ours must not hide the test's failure
        return [("chaos timeline", f"could not be drawn: {error!r}")]


def sections(outage: Outage) -> list[tuple[str, str]]:
    """What happened, and the seed that repeats it; shown below a test that failed."""
    again = f"profile {outage.profile.name}, seed {outage.seed}"
    return [
        ("chaos timeline", _timeline(outage)),
        ("chaos seed", f"{again}: repeat with --chaos-seed={outage.seed}"),
    ]


def _timeline(outage: Outage) -> str:
    try:
        return outage.timeline()
    except Exception as error:  # a mistake of ours must not hide the test's failure
        return f"could not be drawn: {error!r}"


def outage_of(item: pytest.Item) -> Outage:
    """Find a test's outage, or make it."""
    outage = item.stash.get(profile_selection.OUTAGE, None)
    if outage is None:
        is_healthy = item.stash.get(profile_selection.HEALTHY, False)
        outage = item.stash[profile_selection.OUTAGE] = profile_selection.new_outage(
            item, None if is_healthy else profile_selection.day_of(item)
        )
        outage.is_shown_by_pytest = True
    return outage
