"""No provider is sent another one's key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.journal import Exchange

_OWN = {"vllm", "vllm-old", "tgi", "ollama"}  # run by the team itself: there is nobody to tell


@dataclass(frozen=True, repr=False)
class FallbackHasItsOwnCredential(Check):
    """Each provider is sent its own key, and never the one that another provider was sent.

    Its shape tells whose a key is ("sk-ant-"), or the variable that holds it. Where one key goes to
    several providers and nothing says whose it is, it may be a test's dummy or a gateway's: that
    fails only for a provider that has a key of its own. Not applicable with one provider.
    """

    why: ClassVar[str] = (
        "a secret that reached another company is lost and must be replaced; "
        "and the fallback refuses it, so nobody is rescued"
    )

    def __call__(self, run: Run) -> Finding:
        sent = [e for e in run.api if e.credential]
        for exchange in sent:
            if exchange.provider in _OWN:
                continue
            if run.credentials.is_anothers(exchange.credential, exchange.provider):
                whose = run.credentials.issuers[exchange.credential]
                seen = f"{exchange.provider} was sent the key of {whose}"
                return self.failed(f"{seen}, first in request {exchange.number}", exchange.at)
        if len({exchange.provider for exchange in sent}) < 2:
            return self.not_applicable("no more than one provider was sent a key")
        shared = _shared(sent)
        for exchange, earlier in shared:
            holder = run.credentials.variables.get(exchange.credential)
            if holder in (exchange.provider, earlier.provider):
                other = exchange if holder == earlier.provider else earlier
                seen = f"{other.provider} was sent the key of {holder}"
                return self.failed(f"{seen}, first in request {other.number}", other.at)
            if _has_one(run, sent, exchange):
                seen = f"{exchange.provider} was sent the key that {earlier.provider} is sent"
                return self.failed(f"{seen}, and has one of its own", exchange.at)
        if shared:
            exchange, earlier = shared[0]
            return self.not_judged(
                f"{earlier.provider} and {exchange.provider} are sent one and the same key, and "
                "nothing says whose it is; give each a dummy of its own to tell"
            )
        return self.passed("each provider was sent a key of its own")


def _shared(sent: list[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """The first request of a provider with a key that another had been sent, and that one's."""
    first: dict[str, Exchange] = {}
    found: dict[tuple[str, str], tuple[Exchange, Exchange]] = {}
    for exchange in sent:
        earlier = first.setdefault(exchange.credential, exchange)
        if exchange.provider != earlier.provider and exchange.provider not in _OWN:
            found.setdefault((exchange.provider, exchange.credential), (exchange, earlier))
    return list(found.values())


def _has_one(run: Run, sent: list[Exchange], exchange: Exchange) -> bool:
    """Whether a provider has a key of its own: set by the team, or sent at another time."""
    others = {e.credential for e in sent if e.provider == exchange.provider} - {exchange.credential}
    return exchange.provider in run.credentials.holders or bool(others)
