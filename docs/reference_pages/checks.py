"""The checks: how each is written, what it claims, and why that matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos_llm import checks
from chaos_llm.checks import Check
from reference_pages import markdown

CHECKS: Mapping[str, type[Check]] = {
    name: check
    for name in sorted(checks.__all__)
    if isinstance(check := getattr(checks, name), type) and name.islower()
}


def render() -> str:
    """An overview as a table, then a section for each check."""
    rows = [
        (f"[`{name}`](#{name})", markdown.first_sentence(check)) for name, check in CHECKS.items()
    ]
    return "\n".join([markdown.table(("check", "claim"), rows), *_sections()])


def _sections() -> Iterator[str]:
    for name, check in CHECKS.items():
        code = f"```text\n{markdown.signature(name, check)}\n```"
        why = f"Why it matters: {check.why}."
        yield f"## {name}\n\n{code}\n\n{markdown.docstring(check)}\n\n{why}\n"
