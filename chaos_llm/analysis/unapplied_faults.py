"""Faults that a test injected and that were applied to no request, so they tested nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from chaos_llm.analysis.run import Run
from chaos_llm.decisions.overrides import Injection
from chaos_llm.decisions.plan import INJECTED
from chaos_llm.faults.fault import Fault
from chaos_llm.journal.journal import Exchange

_REASONS = {
    "unsupported": "their replies cannot have it",
    "no_effect": "it changed nothing in their replies",
    "masked": "another fault came before it",
}


def unapplied_faults(
    injections: Iterable[Injection], exchanges: Sequence[Exchange]
) -> Iterator[str]:
    """Say of each injected fault that was never applied why it was not."""
    effects = _effects(exchanges)
    for injection in injections:
        for fault in injection.faults:
            of_fault = effects.get(id(fault), Counter())
            if not of_fault["applied"]:
                why = _why(injection, of_fault, exchanges)
                yield f"{fault!r} was injected into {_named(injection)} and never applied: {why}"


def other_providers_asked(run: Run) -> str:
    """That a profile hits providers that the app did not ask, "" if it asked one of them."""
    hit = sorted({target.provider for window in run.profile.windows for target in window.on})
    asked = list(run.providers)
    if not asked or not hit or "*" in hit or {*hit} & {*asked}:
        return ""
    return (
        f"{run.profile.name} hits {', '.join(hit)}, and the app asked {', '.join(asked)}; "
        f'provider="{asked[0]}" of outage(), or --chaos-provider {asked[0]}, moves it there. '
    )


def _effects(exchanges: Iterable[Exchange]) -> dict[int, Counter[str]]:
    """How often each injected fault had which effect, by the fault's identity."""
    found: dict[int, Counter[str]] = {}
    for exchange in exchanges:
        if exchange.effects:
            hits: Iterable[tuple[str, Fault]] = exchange.decision.hits
            for (window, fault), effect in zip(hits, exchange.effects, strict=True):
                if window == INJECTED:
                    found.setdefault(id(fault), Counter())[effect] += 1
    return found


def _why(injection: Injection, effects: Counter[str], exchanges: Sequence[Exchange]) -> str:
    if effects:
        effect, _ = effects.most_common(1)[0]
        count = effects.total()
        requests = "one request" if count == 1 else f"{count} requests"
        return f"it was planned for {requests}, but {_REASONS[effect]} ({effect})"
    target = injection.target
    came = [e for e in exchanges if (e.provider, e.surface) == (target.provider, target.surface)]
    if not came:
        others = sorted({exchange.provider for exchange in exchanges} - {target.provider})
        return (
            f"no request came there; {', '.join(others)} got some" if others else "no request came"
        )
    return f"none of the {len(came)} requests that came there was hit"


def _named(injection: Injection) -> str:
    target = injection.target
    surface = f" ({target.surface})" if target.surface != "api" else ""
    return f"{target.provider}{surface}" + (f", model {target.model}" if target.model else "")
