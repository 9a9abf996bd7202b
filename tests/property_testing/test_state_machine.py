"""OutageMachine: faults come, change and go between what users do."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from support.apps import planted_bugs as apps

from chaos_llm import outage
from chaos_llm.checks import retries_stay_under
from chaos_llm.decisions.effective_profile import effective_profile
from chaos_llm.errors import UsageError
from chaos_llm.faults import FAULTS, auth_expired
from chaos_llm.property_testing.state_machine import OutageMachine
from chaos_llm.property_testing.strategies import faults
from chaos_llm.reports.report import CheckFailed

FEW = settings(
    max_examples=25,
    stateful_step_count=12,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


class Patient(OutageMachine):
    """A machine on a bot that gives up at once."""

    providers = ("anthropic",)
    checks = (retries_stay_under(3),)
    faults = faults(["server_error", "overloaded", "hang"])

    def __init__(self):
        super().__init__()
        self.bot = apps.FallbackInTheSameDomain()

    @rule()
    def a_customer_asks(self):
        self.ask(self.bot.answer)


def test_a_machine_whose_checks_hold_passes():
    run_state_machine_as_test(Patient, settings=FEW)


def test_a_check_that_does_not_hold_fails_the_machine():
    class Hammering(Patient):
        def __init__(self):
            super().__init__()
            self.bot = apps.LoginLoop()

        faults = faults(["auth_expired"])

    with pytest.raises(CheckFailed, match="retries_stay_under"):
        run_state_machine_as_test(Hammering, settings=FEW)


def test_a_team_adds_invariants_on_all_calls_so_far():
    seen = []

    class Watched(Patient):
        @invariant()
        def nobody_goes_unanswered(self):
            if self.chaos.reports:
                seen.append(self.report.calls)
                assert self.report.failed == 0

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Watched, settings=FEW)
    assert max(seen) > 1


def test_the_rules_start_heal_and_let_time_pass():
    machine = Patient()
    try:
        assert machine.ask(machine.bot.answer).answered
        machine.fault_starts("anthropic", "api", auth_expired())
        assert not machine.ask(machine.bot.answer).answered
        before = machine.chaos.now
        machine.time_passes("10m")
        assert machine.chaos.now - before >= 600
        machine.chaos.on("anthropic").heal()
        assert machine.ask(machine.bot.answer, "Where is order KX-48213?").answered
        assert machine.report.calls == 6  # three of them healthy, before the first
        assert machine.chaos.effective_profile().windows[0].faults[0].fault == auth_expired()
    finally:
        machine.teardown()


def test_there_is_no_report_before_the_first_call():
    machine = Patient()
    try:
        with pytest.raises(UsageError, match="there are no calls yet"):
            _ = machine.report
    finally:
        machine.teardown()


def test_a_machine_that_could_not_be_made_leaves_no_outage_behind():
    class Broken(Patient):
        def __init__(self):
            super().__init__()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Broken()
    with outage():  # which is refused where another one is in force
        pass
    Patient().teardown()


def test_a_machine_with_a_mixin_that_raises_leaves_no_outage_behind():
    class Raising:
        def __init__(self):
            super().__init__()
            raise ZeroDivisionError

    class Mixed(Raising, OutageMachine):
        pass

    with pytest.raises(ZeroDivisionError):
        Mixed()
    with outage():
        pass


@pytest.mark.filterwarnings("ignore:overloaded:chaos_llm.ChaosWarning")
def test_what_was_injected_by_hand_is_played_as_windows():
    with outage() as chaos:
        assert chaos.effective_profile() == chaos.profile
        chaos.on("anthropic").inject(FAULTS["overloaded"]())
        chaos.clock.sleep(60)
        chaos.on("anthropic").heal()
        chaos.clock.sleep(60)
        played = effective_profile(chaos._overrides, chaos.now)
    assert [(w.begins[0], w.ends[0]) for w in played.windows] == [(0.0, 60.0)]
    assert played.name == "injected-by-hand"
