"""The page of one run, and of one test with its runs or requests."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from chaos_llm.durations import describe
from chaos_llm.reports.html import findings, sections, wording
from chaos_llm.reports.html.chart import chart
from chaos_llm.reports.html.element import Child, Html, el, table
from chaos_llm.reports.html.profile_section import profile_section
from chaos_llm.reports.html.sections import section, slug
from chaos_llm.reports.html.shell import page
from chaos_llm.reports.records.models import ExchangeRecord, RunRecord, TestRecord
from chaos_llm.reports.records.profile import ProfileRecord


def run_page(run: RunRecord, title: str = "") -> str:
    """One run, without a test around it."""
    name = title or run.profile.name
    head, *more = wording.verdict(run)
    top = el(
        "header",
        el("p", name, class_="name"),
        el("h1", head, class_=f"grade g-text-{run.grade.replace(' ', '-')}"),
        el("p", " ".join(more), class_="lead"),
        el("p", _about(run), class_="muted"),
    )
    return page(
        f"{name}: {head}", top, _run(run), profile_section(run.profile, run.begins, run.ends)
    )


def page_of_test(test: TestRecord, stem: str = "", index: str = "") -> str:
    """One test; `stem` is that of the files beside the page, `index` the session's page."""
    profile = test.profile
    runs: list[Child] = []
    for number, run in enumerate(test.runs, 1):
        if len(test.runs) > 1:
            runs.append(el("h2", f"Replay {number}: {wording.verdict(run)[0]}", class_="replay"))
        runs.append(_run(run))
    if not test.runs:
        runs.append(_requests(test))
    first = test.runs[0] if test.runs else None
    about = (
        profile_section(profile, first.begins, test.runs[-1].ends)
        if first
        else profile_section(profile)
    )
    title = f"{test.test}: {test.verdict}"
    return page(title, _heading(test, index), *runs, about, _files(test, stem))


def _heading(test: TestRecord, index: str) -> Html:
    head, *more = wording.verdict(test.runs[0]) if len(test.runs) == 1 else _without_a_run(test)
    colour = _colour(test.runs[0]) if len(test.runs) == 1 else None
    mark = "✓" if test.verdict in ("passed", "xfailed") else "✗"
    chip = el("span", f"{mark} test {test.verdict}", class_=f"badge t-{test.verdict}")
    return el(
        "header",
        el("p", el("a", "All tests of this session", href=index), class_="up") if index else None,
        el("p", chip, " ", test.test, class_="name"),
        el("h1", head, class_=colour),
        el("p", " ".join(more), class_="lead") if more else None,
        el("p", el("b", "pytest says: "), el("code", test.says), class_="says")
        if test.says
        else None,
        el(
            "p",
            _about(test.runs[0]) if test.runs else _profile_and_seed(test.profile, test.seed),
            class_="muted",
        ),
    )


def _colour(run: RunRecord) -> str | None:
    """The colour of the grade; a run without an applied fault is neither good nor bad."""
    good = run.grade in ("fine", "rescued")
    return None if good and not run.effects.get("applied") else f"g-text-{slug(run.grade)}"


def _without_a_run(test: TestRecord) -> list[str]:
    requests = sum(test.requests.values())
    if test.runs:
        return [f"{wording.of(len(test.runs), 'replay').capitalize()} of one outage."]
    if not requests:
        return ["No request was made to any provider."]
    return [
        f"{wording.of(requests, 'request').capitalize()} to {', '.join(test.requests)}; "
        f"faults were applied to {wording.number(test.applied)} of them."
    ]


def _about(run: RunRecord) -> str:
    users = "one user" if run.users == 1 else f"{run.users} users"
    begins, ends = (wording.day_and_time(run.profile, time) for time in (run.begins, run.ends))
    lasted = describe(run.ends - run.begins)
    return f"{_profile_and_seed(run.profile, run.seed)}, {users}, {begins} to {ends} UTC ({lasted})"


def _profile_and_seed(profile: ProfileRecord, seed: int) -> str:
    return f"{profile.title} · {profile.name}, seed {seed}"


def _run(run: RunRecord) -> list[Child]:
    return [
        sections.numbers(run),
        sections.grades(run),
        section("What happened", chart(run), sections.outcomes(run), sections.over_time(run)),
        *findings.findings(run),
        findings.failures(run),
        findings.corruption_shown(run),
        sections.providers(run),
    ]


def _requests(test: TestRecord) -> Html:
    head = ["#", "time", "provider", "reply", "took", "faults", "why"]
    rows = (_request(test.profile, each) for each in test.exchanges)
    left_out = sum(test.requests.values()) - len(test.exchanges)
    more = (
        el("p", f"{wording.of(left_out, 'more request')}: see the journal.") if left_out else None
    )
    return section("Requests", table(head, rows, "Requests, in order"), more)


def _request(profile: ProfileRecord, each: ExchangeRecord) -> list[Child]:
    message = el("small", f" {each.error_message}") if each.error_message else None
    return [
        str(each.number),
        wording.when(profile, each.at),
        each.provider,
        [f"{each.status or 'none'}, {each.end}", message],
        describe(each.until - each.at),
        ", ".join(each.faults) or "healthy",
        each.why if each.faults else "",
    ]


def _files(test: TestRecord, stem: str) -> Html | None:
    lines = list(_repeat(test, stem))
    return section("Files and commands", el("ul", lines)) if lines else None


def _repeat(test: TestRecord, stem: str) -> Iterator[Html]:
    again = f"pytest {shlex.quote(test.test)} --chaos-seed={test.seed}"
    yield el("li", "Repeat it: ", el("code", again))
    if stem:
        yield el("li", "This page as data: ", el("a", f"{stem}.json", href=f"{stem}.json"))
    if test.journal:
        link = el("a", test.journal, href=test.journal)
        command = f"chaos-llm explain {test.journal}"
        yield el("li", "Every request: ", link, ", in words: ", el("code", command))
