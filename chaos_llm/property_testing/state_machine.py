"""A Hypothesis state machine whose rules start, change and heal faults between user actions.

class Bot(OutageMachine):
    checks = (retries_stay_under(3),)

    def __init__(self):
        super().__init__()
        self.bot = SupportBot()

    @rule()
    def a_customer_asks(self):
        self.ask(self.bot.answer)

TestBot = Bot.TestCase
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    StateMachineMeta,
    invariant,
    precondition,
    rule,
)
from hypothesis.strategies import SearchStrategy

from chaos_llm.analysis.call import Call
from chaos_llm.durations import seconds
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.outage_context import Outage
from chaos_llm.property_testing.explanations import without_explanation
from chaos_llm.property_testing.strategies import faults as every_fault
from chaos_llm.property_testing.strategies._arguments import provider_list, surface_list
from chaos_llm.reports.chosen_checks import Claim
from chaos_llm.reports.report import CheckFailed, Report

_active: list[Outage] = []  # at most one; Hypothesis tears down no machine whose `__init__` raised
_PAUSES = ("1s", "10s", "1m", "10m", "1h")


def _value_of(name: str) -> SearchStrategy[Any]:
    """Draw a value from the class attribute of that name."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine, name)))


def _fault() -> SearchStrategy[Fault]:
    return st.runner().flatmap(lambda machine: machine.faults)


class _ClosingMeta(StateMachineMeta):
    """Closes the outage of a machine if its `__init__` raises, its own or that of a base class."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        try:
            return super().__call__(*args, **options)
        except BaseException:  # whatever it is: nothing else would close the outage
            _close_active()
            raise


class OutageMachine(RuleBasedStateMachine, metaclass=_ClosingMeta):
    """A state machine in which providers fail, fail differently and recover between your rules.

    A subclass adds rules for the actions of users: `self.ask(fn)` makes a call, as a replay does.
    `self.chaos` is the outage. After each step `checks` check all calls so far.

    Class attributes: the `providers` and `surfaces` that may fail, the `faults` (a strategy), and
    `healthy_calls`, the number of healthy calls that the first `ask` makes before its own.
    """

    providers: ClassVar[Sequence[str]] = ("anthropic", "openai")
    surfaces: ClassVar[Sequence[str]] = ("api",)
    faults: ClassVar[SearchStrategy[Fault]] = every_fault()
    checks: ClassVar[Sequence[Claim]] = ()
    healthy_calls: ClassVar[int] = 3

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.TestCase.settings = without_explanation(cls.TestCase.settings)

    def __init__(self) -> None:
        super().__init__()
        provider_list(self.providers), surface_list(self.surfaces)
        self._failing: set[tuple[str, str]] = set()
        self._has_calls, self._reports = False, 0
        _close_active()
        self.chaos = Outage().__enter__()
        _active.append(self.chaos)

    @rule(provider=_value_of("providers"), surface=_value_of("surfaces"), fault=_fault())
    def fault_starts(self, provider: str, surface: str, fault: Fault) -> None:
        """A provider begins to fail, or fails with another fault than before."""
        control = self.chaos.on(provider, surface=surface)
        if (provider, surface) in self._failing:
            control.heal()
        control.inject(fault)
        self._failing.add((provider, surface))

    @precondition(lambda self: self._failing)
    @rule(data=st.data())
    def fault_heals(self, data: st.DataObject) -> None:
        """A provider that fails recovers."""
        failing = st.sampled_from(sorted(self._failing))
        provider, surface = data.draw(failing, label="healed")
        self.chaos.on(provider, surface=surface).heal()
        self._failing.remove((provider, surface))

    @rule(pause=st.sampled_from(_PAUSES))
    def time_passes(self, pause: str) -> None:
        """Time passes without any calls."""
        self.chaos.clock.sleep(seconds(pause))

    def ask(self, fn: Callable[[str], Any], prompt: str | None = None) -> Call:
        """Call `fn` with a prompt, by default a generated one, as a user of a replay does.

        The first `ask` makes a few healthy calls before its own, from which reports learn the
        primary provider. It makes none if it gets a prompt, or if a provider fails already.
        """
        if not self._has_calls and not self._failing and prompt is None:
            self._replay(fn, self.healthy_calls)
        self._has_calls = True
        return self._replay(fn, 1, prompt).run.calls[-1]

    @property
    def report(self) -> Report:
        """All calls so far; raises UsageError before the first."""
        if not self.chaos.reports:
            raise UsageError("there are no calls yet: a report needs self.ask(...)")
        reports = self.chaos.reports
        return Report(
            replace(
                reports[-1].run,
                calls=[call for report in reports for call in report.run.calls],
                exchanges=list(self.chaos.journal),
                begins=reports[0].run.begins,
            )
        )

    @invariant()
    def checks_hold(self) -> None:
        """Make the checks after each call; a check with nothing to judge does not fail."""
        if len(self.chaos.reports) == self._reports or not self.checks:
            return
        self._reports = len(self.chaos.reports)
        report = self.report
        failed = [f for f in (check(report.run) for check in self.checks) if f.verdict == "fail"]
        if failed:
            raise CheckFailed("\n".join(f"{finding.check}: {finding.seen}" for finding in failed))

    def teardown(self) -> None:
        """End the outage; a subclass that overrides this must call it."""
        _active.clear()
        self.chaos.__exit__(None, None, None)

    def _replay(self, fn: Callable[[str], Any], calls: int, prompt: str | None = None) -> Report:
        prompts = None if prompt is None else [prompt]
        return self.chaos.replay(fn, calls=calls, warmup=0, recovery=calls, prompts=prompts)


def _close_active() -> None:
    while _active:
        _active.pop().__exit__(None, None, None)
