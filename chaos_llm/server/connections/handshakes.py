"""Which TLS handshakes fail: decided before any request is known, by the host that a client names.

What is decided there is not decided again for the requests on that connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from chaos_llm.decisions import connection_faults
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Decision, PlacedWindow
from chaos_llm.profiles.model import SIMULATED_SURFACES, Target, Window
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import BACKGROUND_USER, NO_CALL, Key
from chaos_llm.server.connections import wire_effects

FAULT = "tls_failure"
PATH = "(TLS handshake)"


@dataclass
class ServedOverrides(Overrides):
    """The injected faults over the plan, without those that a handshake has survived.

    `over_wire`: the request came through Toxiproxy, which simulates windows for the run that
    `leads_wire`; `when_healed` is called at every heal.
    """

    past_handshake: bool = False
    over_wire: bool = False
    leads_wire: bool = False
    when_healed: Callable[[], None] | None = None

    @cached_property
    def on_the_wire(self) -> dict[str, Window]:
        """The windows that Toxiproxy simulates for requests that come through it."""
        return dict(wire_effects.on_the_wire(self.plan.profile))

    def is_idle(self) -> bool:
        return not (self.over_wire or self.past_handshake) and super().is_idle()

    def heal(self, target: Target, at: float) -> None:
        super().heal(target, at)
        if self.when_healed is not None:
            self.when_healed()

    def is_healed(
        self, placed: PlacedWindow, provider: str, at: float, surface: str = "api"
    ) -> bool:
        """Whether a provider's whole surface was healed since that window began."""
        return placed.opened <= self.healed_at(Request(provider, "", surface, "", ""), at)

    def decide(self, request: Request, key: Key, at: float) -> Decision:
        """Which faults hit this request."""
        decision = super().decide(request, key, at)
        if self.over_wire and decision.draws:
            decision = wire_effects.effects_of_wire(
                decision, self.on_the_wire, leads=self.leads_wire
            )
        return connection_faults.without(decision, (FAULT,)) if self.past_handshake else decision

    def decide_handshake(self, request: Request, key: Key, at: float) -> Decision:
        """The fault that ends this handshake, if any; no other injection is used up by it."""
        return connection_faults.decide(self, request, key, at, (FAULT,))


def probes(names: Iterable[str], host: str, number: int) -> Iterator[tuple[Request, Key]]:
    """What a handshake stands for, before anything was asked: each surface of that host."""
    for name in names:
        for surface in SIMULATED_SURFACES:
            key = Key(BACKGROUND_USER, NO_CALL, name, PATH, number)
            yield Request(name, "", surface, host, PATH), key
