"""Small parts of Markdown that the generators share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_INDENTED = re.compile(r"^ {4}", re.MULTILINE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a `|` inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def docstring(thing: object) -> str:
    """A docstring as Markdown, with its indented examples as blocks of text."""
    paragraphs = inspect.cleandoc(getattr(thing, "__doc__", None) or "").split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs))


def first_sentence(thing: object) -> str:
    """The first line of a docstring."""
    return docstring(thing).partition("\n\n")[0].replace("\n", " ")


def further_sentences(thing: object) -> str:
    """All of a docstring behind its first paragraph."""
    return docstring(thing).partition("\n\n")[2]


def _paragraph(text: str) -> str:
    if _INDENTED.match(text):
        return f"```text\n{inspect.cleandoc(text)}\n```"
    return text.replace("<", "&lt;")


def signature(name: str, thing: type) -> str:
    """How a fault or a check is written: its name and its parameters with their defaults."""
    parameters = [
        str(each.replace(annotation=inspect.Parameter.empty))
        for each in inspect.signature(thing).parameters.values()
    ]
    if any(each.kind is each.KEYWORD_ONLY for each in inspect.signature(thing).parameters.values()):
        first = next(
            index
            for index, each in enumerate(inspect.signature(thing).parameters.values())
            if each.kind is each.KEYWORD_ONLY
        )
        parameters.insert(first, "*")
    return f"{name}({', '.join(parameters)})"
