"""The shipped outage profiles with their windows, evidence and sources."""

from __future__ import annotations

from chaos_llm import profiles
from chaos_llm.reports.profiles import catalogue_page


def render() -> str:
    """The page that `chaos-llm profiles --markdown` prints, without its title."""
    shipped = [profiles.load(name) for name in profiles.names()]
    return catalogue_page.render(shipped).partition("\n")[2]
