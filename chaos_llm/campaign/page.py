"""The page of a campaign: numbers, a heat map of profiles and checks, the worst runs."""

from __future__ import annotations

from collections.abc import Mapping

from chaos_llm.campaign.case import Case
from chaos_llm.campaign.intervals import Estimate
from chaos_llm.campaign.table import Summary, Table
from chaos_llm.campaign.text import HEAD, cells, description, percent, replay_command
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.html.shell import page
from chaos_llm.reports.html.wording import of

_SHADES = ((0.0, "c-fine"), (0.2, "c-safe-failure"))  # failing in up to so many runs; then c-unsafe


def campaign_page(found: Table, pages: Mapping[Case, str], folder: str) -> str:
    """The page; `pages` are the addresses of the runs that have a page of their own."""
    whole = found.in_all
    head = f"{percent(whole.answered)} of the calls were answered"
    top = el(
        "header",
        el("p", "chaos_llm, a campaign", class_="name"),
        el("h1", head),
        el(
            "p",
            f"{found.app}: {of(len(whole.rows), 'run')} of {of(len(found.profiles), 'profile')}. "
            f"Runs that lost an answer, failed a check or were not judged: {percent(whole.bad)}. "
            "Brackets hold intervals of 95 %.",
            class_="lead",
        ),
    )
    return page(
        f"chaos_llm campaign: {found.app}",
        top,
        _heat_map(found),
        _numbers(found),
        _worst(found, pages, folder),
    )


def _numbers(found: Table) -> Html:
    rows = [cells(each) for each in (*found.profiles, found.in_all)]
    return section("Numbers by profile", table(HEAD, rows, "Numbers by profile"))


def _heat_map(found: Table) -> Html:
    checks = found.checks
    head = ["profile", *(el("span", name, class_="turned", title=name) for name in checks)]
    rows = [
        [each.name, *(_cell(each, name) for name in checks)]
        for each in (*found.profiles, found.in_all)
    ]
    about = "A cell is the share of the runs in which a check failed, of those that it could judge."
    return section(
        "Profiles and checks",
        el("p", about, class_="muted"),
        el("div", table(head, rows, "Profiles and checks"), class_="matrix"),
    )


def _cell(summary: Summary, check: str) -> Html:
    failing = summary.checks.get(check)
    if failing is None:
        return el("span", "-", class_="cell", title=f"{check} judged no run of {summary.name}")
    title = f"{summary.name}: {check} failed in {percent(failing)} of the runs that it judged"
    return el("span", f"{failing.value * 100:.0f} %", class_=f"cell {_shade(failing)}", title=title)


def _shade(failing: Estimate) -> str:
    return next((shade for most, shade in _SHADES if failing.value <= most), "c-unsafe")


def _worst(found: Table, pages: Mapping[Case, str], folder: str) -> Html | None:
    rows = [
        [
            _linked(f"{row.profile}, seed {row.seed}", pages.get(row.case)),
            description(row),
            el("code", replay_command(row, folder)),
        ]
        for summary in found.profiles
        for row in summary.worst
    ]
    if not rows:
        return None
    return section("The worst runs", table(["run", "seen", "to play it again"], rows, "Worst runs"))


def _linked(text: str, address: str | None) -> Html | str:
    return el("a", text, href=address) if address else text
