"""The faults: how each is written, what the app meets, and whether other faults follow it."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.faults import FAULTS, Fault
from reference_pages import markdown


def render() -> str:
    """An overview as a table, then a section for each fault."""
    rows = [
        (f"[`{name}`](#{name})", markdown.first_sentence(fault), _notes(fault))
        for name, fault in sorted(FAULTS.items())
    ]
    overview = markdown.table(("fault", "what the app meets", "notes"), rows)
    return "\n".join([overview, *_sections()])


def _sections() -> Iterator[str]:
    for name, fault in sorted(FAULTS.items()):
        code = f"```text\n{markdown.signature(name, fault)}\n```"
        yield f"## {name}\n\n{code}\n\n{markdown.docstring(fault)}\n"


def _notes(fault: type[Fault]) -> str:
    notes = (
        "ends the reply" if fault.ends_reply else "",
        "no SDK can see it" if fault.silent else "",
    )
    return ", ".join(filter(None, notes))
