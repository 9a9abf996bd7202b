"""HTML elements in Python; texts and attributes are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Union

from chaos_llm.protocol.redaction import printable


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = Union[str, Iterable["Child"], None]  # noqa: UP007 - a forward reference

_VOID = {"meta", "br", "hr", "col", "link", "input"}


def el(name: str, /, *children: Child, **attributes: object) -> Html:
    """One element. `class_` is class, `aria_label` aria-label; None and False are left out."""
    attributes_text = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{escape(printable(str(value)))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{attributes_text}>")
    return Html(f"<{name}{attributes_text}>{inside(*children)}</{name}>")


def inside(*children: Child) -> Html:
    """The children one after the other; those that are not Html are escaped."""
    return Html("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterator[str]:
    for child in children:
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str):
            yield escape(printable(child), quote=False)
        elif child is not None:
            yield from _flat(child)


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]], caption: str = "") -> Html:
    """A scrollable table with a row of headings; the first cell of each row is its heading."""
    columns = el("tr", [el("th", cell, scope="col") for cell in head])
    body = []
    for first, *rest in rows:
        cells = [el("td", cell) for cell in rest]
        body.append(el("tr", el("th", first, scope="row"), cells))
    inner = el(
        "table",
        el("caption", caption) if caption else None,
        el("thead", columns),
        el("tbody", body),
    )
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption or None)
