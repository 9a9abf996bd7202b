"""A campaign in words: the table for a terminal, and Markdown for a CI job's summary."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.campaign.case import Row
from chaos_llm.campaign.comparison import Comparison
from chaos_llm.campaign.intervals import Estimate
from chaos_llm.campaign.table import Summary, Table
from chaos_llm.durations import describe

HEAD = (
    "profile",
    "runs",
    "answered",
    "bad runs",
    "longest downtime",
    "requests a call",
    "lost requests",
    "tokens a call",
    "wasted tokens",
)


def percent(estimate: Estimate) -> str:
    """A share with its interval."""
    value, low, high = (each * 100 for each in estimate)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def number(estimate: Estimate) -> str:
    """A number with its interval; without one where one run, or runs that agree, show no spread."""
    value, low, high = (f"{each:.2f}" for each in estimate)
    return value if low == high else f"{value} ({low} to {high})"


def whole(estimate: Estimate) -> str:
    """A number without its fraction, with its interval as in `number`."""
    value, low, high = (f"{each:,.0f}" for each in estimate)
    return value if low == high else f"{value} ({low} to {high})"


def seconds(estimate: Estimate) -> str:
    """A duration with its interval."""
    value, low, high = (describe(round(each)) for each in estimate)
    return value if low == high else f"{value} ({low} to {high})"


def cells(summary: Summary) -> tuple[str, ...]:
    """The columns of the table for one profile."""
    return (
        summary.name,
        str(len(summary.rows)),
        percent(summary.answered),
        percent(summary.bad),
        seconds(summary.downtime),
        number(summary.requests),
        percent(summary.waste),
        whole(summary.cost),
        percent(summary.wasted_tokens),
    )


def text(table: Table, folder: str) -> str:
    """The table for a terminal, with failing checks and the worst runs."""
    rows = [HEAD, *map(cells, (*table.profiles, table.in_all))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_failing(table), *_worst(table, folder)]).rstrip() + "\n"


def _failing(table: Table) -> Iterator[str]:
    failing = [(name, each) for name, each in table.in_all.checks.items() if each.value]
    if failing:
        yield "checks that failed, by share of the runs that they judged:"
    for name, estimate in sorted(failing, key=lambda item: (-item[1].value, item[0])):
        where = [s.name for s in table.profiles if name in s.checks and s.checks[name].value]
        yield f"  {name}: {percent(estimate)}, in {', '.join(where[:3])}" + _more(len(where) - 3)
    if failing:
        yield ""


def _worst(table: Table, folder: str) -> Iterator[str]:
    worst = table.in_all.worst
    if worst:
        yield "the worst runs; each command plays one again:"
    for row in worst:
        yield f"  {replay_command(row, folder)}"
        yield f"    {description(row)}"


def replay_command(row: Row, folder: str) -> str:
    """The command that plays a run of the campaign in this folder again, and shows it."""
    return f"chaos-llm campaign show {folder} {row.profile} {row.seed}"


def description(row: Row) -> str:
    """A run in one line."""
    if row.status != "judged":
        return f"{row.status}: {row.error}"
    failed = f"; failed: {', '.join(row.failed)}" if row.failed else ""
    said = f"; {row.error}" if row.error else ""
    return f"{row.answered} of {row.calls} calls answered{failed}{said}"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def markdown(table: Table, folder: str) -> str:
    """The table in Markdown, for the summary of a CI job."""
    rows = [HEAD, ("---",) * len(HEAD), *map(cells, (*table.profiles, table.in_all))]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rest = [*_failing(table), *_worst(table, folder)]
    block = ["", "```text", *rest, "```"] if rest else []
    return "\n".join([f"### Campaign of `{table.app}`", "", *lines, *block]) + "\n"


def comparison_text(comparison: Comparison) -> str:
    """A comparison's verdict and the sentence of each change."""
    lines = [
        f"{comparison.verdict}: nothing may get worse by more than "
        f"{comparison.margin * 100:g} points",
        *(f"  {change.sentence}" for change in comparison.changes),
    ]
    return "\n".join(lines) + "\n"
