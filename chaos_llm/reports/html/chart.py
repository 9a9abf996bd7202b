"""The timeline of a run, to scale: profile, providers and users below one axis."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.reports.html import bars, wording
from chaos_llm.reports.html.element import Child, Html, el
from chaos_llm.reports.html.scale import PageScale, axis, scale_of
from chaos_llm.reports.html.windows import page_rows, window_rows
from chaos_llm.reports.records.models import ProviderRecord, RunRecord

_HIGH, _ALONE = 44.0, 6.0  # pixels of a row of bars, and of the strip of unused times below it
_OUTCOMES_HIGH = 96.0


def chart(run: RunRecord) -> Html:
    """All rows, with their text alternatives."""
    scale = scale_of(run)
    rows = [
        row("", axis(scale)),
        _profile_rows(run, scale),
        _heading("Requests of the app"),
        *(row(_label(provider), _requests(run, provider, scale)) for provider in run.providers),
        _heading("Outcomes for users"),
        row(_users_label(run), _users(run, scale)),
        row("", axis(scale)),
    ]
    summary = " ".join(wording.verdict(run))
    return el("div", rows, class_="chart", role="img", aria_label=f"Timeline. {summary}")


def _profile_rows(run: RunRecord, scale: PageScale) -> list[Html]:
    drawn = [*window_rows(run.profile, scale), *page_rows(run.profile, scale)]
    rows = [row(label, plot) for label, plot in drawn]
    return [_heading("The outage profile"), *rows] if rows else []


def row(label: Child, plot: Child) -> Html:
    """One row: its label, and its drawing."""
    return _pair(el("div", label, class_="label"), el("div", plot, class_="plot"))


def _pair(*parts: Child) -> Html:
    return el("div", *parts, class_="row")


def _heading(text: str) -> Html:
    return el("div", text, class_="rows-heading")


def _label(provider: ProviderRecord) -> list[Child]:
    failed = f", {wording.number(provider.failed)} failed" if provider.failed else ""
    return [
        el("b", provider.name),
        el("small", f"{wording.of(provider.requests, 'request')}{failed}"),
        el("small", _most(provider)),
    ]


def _most(provider: ProviderRecord) -> str:
    return f"highest bar: {max(provider.requests_by_column, default=0)}"


def _requests(run: RunRecord, provider: ProviderRecord, scale: PageScale) -> Html:
    most = max((max(p.requests_by_column, default=0) for p in run.providers), default=0) or 1
    whole = [
        all_ - failed
        for all_, failed in zip(
            provider.requests_by_column, provider.failures_by_column, strict=True
        )
    ]
    layers = [("asked", whole), ("asked-and-failed", provider.failures_by_column)]
    where = bars.places(run, scale)
    down = [
        bars.rect(scale.at(s.begins), scale.at(s.ends), 0, _HIGH, class_="down")
        for s in provider.down
    ]
    alone = [
        bars.rect(
            scale.at(s.begins),
            scale.at(s.ends),
            _HIGH + 2,
            _ALONE,
            el("title", _alone_text(run, provider.name, s.begins, s.ends, s.calls)),
            class_="alone",
        )
        for s in provider.left_alone
    ]
    tooltips = bars.hover(where, _HIGH, _request_texts(run, provider))
    shapes = [bars.stacked(where, _HIGH, most, layers), alone, tooltips]
    return bars.plot(scale, _HIGH + _ALONE + 3, *shapes, behind=down)


def _alone_text(run: RunRecord, name: str, begins: float, ends: float, calls: int) -> str:
    between = f"{wording.when(run.profile, begins)} to {wording.when(run.profile, ends)}"
    return f"{between}: {calls} calls in a row sent {name} no request"


def _request_texts(run: RunRecord, provider: ProviderRecord) -> Iterator[str]:
    together = zip(
        provider.requests_by_column, provider.failures_by_column, provider.hit, strict=True
    )
    for begins, (requests, failed, hit) in zip(wording.columns(run), together, strict=True):
        text = f"{wording.of(requests, 'request')}, {failed} failed; {wording.percent(hit)} hit"
        yield f"{wording.when(run.profile, begins)}: {text}" if requests else ""


def _users_label(run: RunRecord) -> list[Child]:
    return [
        el("b", wording.of(run.calls, "call")),
        el("small", f"{wording.percent(run.answered)} answered"),
        el("small", f"highest bar: {_busiest(run)}"),
    ]


def _busiest(run: RunRecord) -> int:
    return max(map(sum, zip(*run.over_time.values(), strict=True)), default=0) or 1


def _users(run: RunRecord, scale: PageScale) -> Html:
    where = bars.places(run, scale)
    layers = [(f"o-{outcome}", counts) for outcome, counts in run.over_time.items()]
    shapes = bars.stacked(where, _OUTCOMES_HIGH, _busiest(run), layers)
    tooltips = bars.hover(where, _OUTCOMES_HIGH, _users_texts(run))
    gap = []
    if run.longest_downtime_at is not None:
        ends = run.longest_downtime_at + run.longest_downtime
        left, right = scale.at(run.longest_downtime_at), scale.at(ends)
        gap = [bars.rect(left, right, _OUTCOMES_HIGH + 2, 4, class_="gap")]
    return bars.plot(scale, _OUTCOMES_HIGH + 7, shapes, gap, tooltips)


def _users_texts(run: RunRecord) -> Iterator[str]:
    for index, begins in enumerate(wording.columns(run)):
        counts = [column[index] for column in run.over_time.values()]
        got = [
            f"{count} {wording.outcome_title(outcome)}"
            for outcome, count in zip(run.over_time, counts, strict=True)
            if count
        ]
        yield f"{wording.when(run.profile, begins)}: {', '.join(got)}" if got else ""
