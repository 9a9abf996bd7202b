"""What the owner of a credential pays: a team says it, by the variables that hold its keys.

    [tool.chaos_llm.tiers]
    OPENAI_API_KEY = "enterprise"

Secrets stay where they are: the table names variables of the environment, and a request's
credential is compared with the fingerprints of what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chaos_llm.config import own_table
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.protocol.keyed_random import fingerprint

TIERS = ("free", "pay-as-you-go", "subscription", "enterprise")
USUAL = "pay-as-you-go"  # an API key of which nobody says anything
_TABLE = "[tool.chaos_llm.tiers]"


class Tiers:
    """From a credential's fingerprint to its tier."""

    def __init__(self, of_variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._of_variables, self._environment = of_variables, environment

    def of(self, credential: str) -> str:
        """The tier of a credential; the usual one where the table says nothing about it."""
        for variable, tier in self._of_variables.items():
            # Looked up each time: a fixture may set the variable when the outage is in force.
            if credential and fingerprint(self._environment.get(variable, "")) == credential:
                return tier
        return USUAL


NO_TIERS = Tiers({}, {})


def tiers(start: Path, environment: Mapping[str, str]) -> Tiers:
    """The tiers that the nearest pyproject.toml names; raises UsageError or UnknownName."""
    path, ours = own_table(start)
    table = ours.get("tiers", {})
    if not isinstance(table, dict) or not all(isinstance(tier, str) for tier in table.values()):
        raise UsageError(f"{path}: {_TABLE} names a tier for each variable; got {table!r}")
    for variable, tier in table.items():
        if tier not in TIERS:
            raise UnknownName("tier", tier, TIERS, where=f"{path}: {_TABLE} {variable}")
    return Tiers(table, environment)
