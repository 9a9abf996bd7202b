"""No provider is sent the API key of another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.journal import Exchange

# Run by the team itself, so a key that is sent there reaches no other company.
_SELF_HOSTED = {"vllm", "vllm-old", "tgi", "ollama"}


@dataclass(frozen=True, repr=False)
class FallbackHasItsOwnCredential(Check):
    """Each provider is sent its own key, and never the key of another provider.

    The owner of a key is recognised by its prefix ("sk-ant-") or by the environment variable that
    holds it. A key of unknown owner that is sent to several providers may be a test's dummy or a
    gateway's key: it fails only for a provider that has a key of its own. Not applicable if no more
    than one provider was sent a key.
    """

    why: ClassVar[str] = (
        "a secret that was sent to another company is leaked and must be replaced; "
        "and the fallback refuses it, so it cannot answer"
    )

    def __call__(self, run: Run) -> Finding:
        sent = [e for e in run.api if e.credential]
        for exchange in sent:
            if exchange.provider in _SELF_HOSTED:
                continue
            if run.credentials.belongs_to_another(exchange.credential, exchange.provider):
                owner = run.credentials.issuers[exchange.credential]
                seen = f"{exchange.provider} was sent the key of {owner}"
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
            if _has_own_key(run, sent, exchange):
                seen = f"{exchange.provider} was sent the same key as {earlier.provider}"
                return self.failed(f"{seen}, although it has a key of its own", exchange.at)
        if shared:
            exchange, earlier = shared[0]
            return self.not_judged(
                f"{earlier.provider} and {exchange.provider} are sent the same key, and nothing "
                "shows which of them it belongs to; give each its own dummy key in the tests"
            )
        return self.passed("each provider was sent a key of its own")


def _shared(sent: list[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Requests with a key that another provider was sent before, each with that earlier one."""
    first: dict[str, Exchange] = {}
    found: dict[tuple[str, str], tuple[Exchange, Exchange]] = {}
    for exchange in sent:
        earlier = first.setdefault(exchange.credential, exchange)
        if exchange.provider != earlier.provider and exchange.provider not in _SELF_HOSTED:
            found.setdefault((exchange.provider, exchange.credential), (exchange, earlier))
    return list(found.values())


def _has_own_key(run: Run, sent: list[Exchange], exchange: Exchange) -> bool:
    """Whether a provider has another key: in the environment, or sent in another request."""
    others = {e.credential for e in sent if e.provider == exchange.provider} - {exchange.credential}
    return exchange.provider in run.credentials.holders or bool(others)
