"""The matrix as a page of the documentation, and as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import dedent

from chaos_llm.sdk_matrix.cells import Cell
from chaos_llm.sdk_matrix.client import LIMIT, Client

_HEAD = dedent(
    f"""\
    # What the vendors' SDKs do with each fault

    Every fault of the catalogue, sent to the vendors' own SDKs by `chaos-llm matrix --markdown`.
    Each cell was measured, with the retries of the SDK switched off and a time limit of {LIMIT} s.

    * An exception is shown with its attributes; `after part` means that the app had read a part of
      the answer by then.
    * `SILENT`: the SDK raised nothing; the app got the `whole` answer, a `part` of it, `nothing`,
      or a `wrong` text.
    * `unsupported`: the wire format cannot express the fault. `no_effect`: the fault changed
      nothing. In both cases the app got the whole answer, unless the cell shows something else.
    * `=`: the same as in the cell to the left.
    * The columns are ways to call the SDK: a whole reply, a stream, the SDK's own helper for
      streams, a stream of a model that thinks (`thinking`; what is thought is read as a part of the
      answer), and a whole reply to a request that the API itself refuses (`refusals`: a turn in
      another vendor's role, as a failover without conversion sends it).

    The SDKs: {{versions}}.
    """
)
_HEADING = re.compile(
    r"^## (?P<client>\S+), (?P<package>\S+) (?P<major>\d+)(?P<rest>\S*)$", re.MULTILINE
)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)

Rows = dict[str, dict[str, str]]  # fault -> way to call the SDK -> outcome


def rows_of(cells: Iterable[Cell]) -> Rows:
    """The outcomes of one client, by fault and by way to call the SDK."""
    rows: Rows = {}
    for cell in cells:
        rows.setdefault(cell.fault, {})[cell.way] = cell.outcome
    return rows


def section(client: Client, cells: Iterable[Cell]) -> str:
    """The section of the page about one client."""
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
    """The cells of a row; an outcome that repeats the one to its left becomes `=`."""
    pairs = zip(outcomes, ["", *outcomes[:-1]], strict=True)
    return ["=" if outcome == left else outcome.replace("|", "\\|") for outcome, left in pairs]


def page(sections: Sequence[str], before: str = "") -> str:
    """The whole page; remarks and sections of other SDKs are copied from `before`, the old page."""
    known = {_key(text): text.strip() for text in _SECTION.split(before)[1:]}
    known.update((_key(text), text.strip()) for text in sections)
    ordered = sorted(known, key=lambda key: (not _is_of_an_sdk(known[key]), key))
    body = "\n\n".join(known[key] for key in ordered)
    return f"{_HEAD.format(versions=_versions(body))}\n{body}\n"


def terminal(client: Client, cells: Iterable[Cell], width: int = 100) -> str:
    """The outcomes of one client as plain text; one line where all ways have the same outcome."""
    lines = [f"{client.name}, {client.package} {client.version}"]
    for fault, outcomes in rows_of(cells).items():
        lines.append(f"  {fault}"[:width])
        same = len(set(outcomes.values())) == 1
        shown = {"": next(iter(outcomes.values()))} if same else outcomes
        lines += [f"    {way:9} {outcome}"[:width] for way, outcome in shown.items()]
    return "\n".join(lines) + "\n"


def _key(text: str) -> tuple[str, str]:
    """A section's key: the client and its major version, or the heading of a section of remarks."""
    found = _HEADING.match(text)
    return (found["client"], found["major"]) if found else (text.partition("\n")[0], "")


def _is_of_an_sdk(text: str) -> bool:
    return _HEADING.match(text) is not None


def _versions(body: str) -> str:
    found = _HEADING.finditer(body)
    return ", ".join(sorted({f"{m['package']} {m['major']}{m['rest']}" for m in found}))
