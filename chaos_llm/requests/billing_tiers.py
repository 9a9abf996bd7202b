"""Billing tiers of credentials: a team names them for the variables that hold its API keys.

    [tool.chaos_llm.tiers]
    OPENAI_API_KEY = "enterprise"

The table holds no secret: it names environment variables. A request's credential is compared with
the fingerprints of their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chaos_llm.config import own_table
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.protocol.keyed_random import fingerprint

TIERS = ("free", "pay-as-you-go", "subscription", "enterprise")
DEFAULT = "pay-as-you-go"  # the tier of an API key that the table does not name
_TABLE = "[tool.chaos_llm.tiers]"


class Tiers:
    """The tiers of credentials, by fingerprint."""

    def __init__(self, of_variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._of_variables, self._environment = of_variables, environment

    def of(self, credential: str) -> str:
        """The tier of a credential; DEFAULT for one that the table does not name."""
        for variable, tier in self._of_variables.items():
            # Looked up each time: a fixture may set the variable after the outage has begun.
            if credential and fingerprint(self._environment.get(variable, "")) == credential:
                return tier
        return DEFAULT


NO_TIERS = Tiers({}, {})


def tiers(start: Path, environment: Mapping[str, str]) -> Tiers:
    """The tiers in the nearest pyproject.toml; raises UsageError or UnknownName for mistakes."""
    path, settings = own_table(start)
    table = settings.get("tiers", {})
    if not isinstance(table, dict) or not all(isinstance(tier, str) for tier in table.values()):
        raise UsageError(f"{path}: {_TABLE} names a tier for each variable; got {table!r}")
    for variable, tier in table.items():
        if tier not in TIERS:
            raise UnknownName("tier", tier, TIERS, where=f"{path}: {_TABLE} {variable}")
    return Tiers(table, environment)
