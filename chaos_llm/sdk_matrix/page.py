"""The matrix as a page of the docs, and for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import dedent

from chaos_llm.sdk_matrix.cells import Cell
from chaos_llm.sdk_matrix.client import LIMIT, Client

_HEAD = dedent(
    f"""\
    # What the vendors' SDKs make of each fault

    Every fault of the catalogue, played to the vendors' own SDKs by `chaos-llm matrix --markdown`.
    Nothing here is looked up: each cell was measured, with the retries of the SDK switched off and
    a time limit of {LIMIT} s.

    * An exception stands with the attributes that tell more; `after part` says that a part of the
      answer had been read by then.
    * `SILENT` is no exception and no warning; the app was told the `whole` answer, a `part` of it,
      `nothing`, or something `wrong`.
    * `not expressible`: the wire format has no words for the fault. `not struck`: it changed
      nothing. The whole answer came, if nothing else is said.
    * `=`: as to its left.

    The SDKs: {{versions}}.
    """
)
_HEADING = re.compile(
    r"^## (?P<client>\S+), (?P<package>\S+) (?P<major>\d+)(?P<rest>\S*)$", re.MULTILINE
)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)

Rows = dict[str, dict[str, str]]  # by fault and way


def rows_of(cells: Iterable[Cell]) -> Rows:
    """The outcomes of one client, by fault and way."""
    rows: Rows = {}
    for cell in cells:
        rows.setdefault(cell.fault, {})[cell.way] = cell.outcome
    return rows


def section(client: Client, cells: Iterable[Cell]) -> str:
    """One client's part of the page."""
    heading = f"## {client.name}, {client.package} {client.version}"
    return f"{heading}\n\n{table(rows_of(cells))}"


def table(rows: Rows) -> str:
    """One client's outcomes as a table in Markdown."""
    ways = list(next(iter(rows.values()), {}))
    lines = [["fault", *ways], ["---"] * (len(ways) + 1)]
    for fault, outcomes in rows.items():
        lines.append([f"`{fault}`", *_across([outcomes[way] for way in ways])])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _across(outcomes: list[str]) -> list[str]:
    """The cells of a row; what is as to its left is a sign, for the words are long."""
    told = zip(outcomes, ["", *outcomes[:-1]], strict=True)
    return ["=" if outcome == left else outcome.replace("|", "\\|") for outcome, left in told]


def page(sections: Sequence[str], before: str = "") -> str:
    """The whole page; sections of other SDKs, and the remarks, stay as they were `before`."""
    known = {_key(text): text.strip() for text in _SECTION.split(before)[1:]}
    known.update((_key(text), text.strip()) for text in sections)
    ordered = sorted(known, key=lambda key: (not _is_of_an_sdk(known[key]), key))
    told = "\n\n".join(known[key] for key in ordered)
    return f"{_HEAD.format(versions=_versions(told))}\n{told}\n"


def terminal(client: Client, cells: Iterable[Cell], width: int = 100) -> str:
    """One client's part for a terminal; ways with the same outcome are one line."""
    lines = [f"{client.name}, {client.package} {client.version}"]
    for fault, outcomes in rows_of(cells).items():
        lines.append(f"  {fault}"[:width])
        same = len(set(outcomes.values())) == 1
        told = {"": next(iter(outcomes.values()))} if same else outcomes
        lines += [f"    {way:9} {outcome}"[:width] for way, outcome in told.items()]
    return "\n".join(lines) + "\n"


def _key(text: str) -> tuple[str, str]:
    """What a section is about: a client of one major version, or else its own heading."""
    found = _HEADING.match(text)
    return (found["client"], found["major"]) if found else (text.partition("\n")[0], "")


def _is_of_an_sdk(text: str) -> bool:
    return _HEADING.match(text) is not None


def _versions(told: str) -> str:
    found = _HEADING.finditer(told)
    return ", ".join(sorted({f"{m['package']} {m['major']}{m['rest']}" for m in found}))
