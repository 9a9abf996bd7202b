"""Search for the shortest outage that breaks an app; write it as a profile and a pytest file."""

from __future__ import annotations

from chaos_llm.property_testing.search._claim import Claim
from chaos_llm.property_testing.search._files import require_free, write
from chaos_llm.property_testing.search._search import Search
from chaos_llm.replay.named_app import App

__all__ = ["App", "Claim", "Search", "require_free", "write"]
