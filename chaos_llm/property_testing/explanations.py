"""Tests that draw outages go without Hypothesis's explain phase, which costs them a minute.

After a failing example was shrunk, Hypothesis plays some hundred more to say which lines only
failing examples run and which arguments do not matter; on CPython 3.11 each line of them is traced.
For an example that takes a millisecond that is quick. An outage with the calls of a vendor's SDK is
some hundred times that, and the shrunk outage says more: it has no part that does not matter.
`pytest --hypothesis-explain` brings the phase back.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import Phase, settings

# Strategies of this package in the repr of a strategy that was made of them.
_OURS = re.compile(r"\b(?:outages|windows|faults|mutations_of|months)\(")

# For tests that run without the pytest plugin: no deadline, since an SDK's calls take longer.
OUTAGE_SETTINGS = settings(
    deadline=None, phases=[phase for phase in Phase if phase is not Phase.explain]
)


def without_explanation(own: settings) -> settings:
    """The same settings without the explain phase."""
    return settings(own, phases=[phase for phase in own.phases if phase is not Phase.explain])


def leave_out_explanation(test: Any) -> None:
    """Drop the explain phase of a test with `@given` that draws from our strategies."""
    function = getattr(test, "__func__", test)
    strategies = getattr(getattr(function, "hypothesis", None), "_given_kwargs", {}).values()
    if not any(_OURS.search(repr(strategy)) for strategy in strategies):
        return
    # Hypothesis keeps a test's settings in this attribute, which its own plugin sets, too.
    own = getattr(function, "_hypothesis_internal_use_settings", None) or settings()
    function._hypothesis_internal_use_settings = without_explanation(own)
