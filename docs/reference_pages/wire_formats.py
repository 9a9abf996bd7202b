"""The wire formats of each provider: which endpoints, which surfaces, which hosts."""

from __future__ import annotations

from collections.abc import Sequence

from chaos_llm.providers import PROVIDERS, Provider
from reference_pages import markdown


def render() -> str:
    """One section for each provider, with a row for each of its wire formats."""
    by_provider: dict[str, list[Provider]] = {}
    for provider in PROVIDERS:
        by_provider.setdefault(provider.name, []).append(provider)
    return "\n".join(_section(name, formats) for name, formats in by_provider.items())


def _section(name: str, formats: Sequence[Provider]) -> str:
    rows = [
        (f"`{each.api}`", f"`{each.surface}`", markdown.first_sentence(each), f"`{_stem(each)}`")
        for each in formats
    ]
    hosts = dict.fromkeys(host for each in formats for host in each.hosts)
    head = ("`api` in the journal", "surface", "what it speaks", "file")
    where = ", ".join(f"`{host}`" for host in hosts) or "none; a base URL names one"
    return f"## {name}\n\nHosts: {where}.\n\n{markdown.table(head, rows)}"


def _stem(provider: Provider) -> str:
    return type(provider).__module__.rpartition(".")[2]
