"""The parts of a run's page below the heading."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.durations import describe
from chaos_llm.reports.grades import GRADES
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Child, Html, el, table
from chaos_llm.reports.records.models import ProviderRecord, RunRecord


def section(title: str, *children: Child, **attributes: object) -> Html:
    """A part of a page under its heading."""
    return el("section", el("h2", title), *children, **attributes)


def numbers(run: RunRecord) -> Html:
    """The few numbers that matter most."""
    requests = sum(provider.requests for provider in run.providers)
    per_call = f"{requests / run.calls:.1f} per call" if run.calls else "no call"
    applied = run.effects.get("applied", 0)
    gap = describe(run.longest_downtime) if run.longest_downtime else "none"
    facts = [
        (wording.percent(run.answered), "of the calls answered"),
        (gap, "longest downtime"),
        (wording.number(requests), f"requests for {wording.of(run.calls, 'call')}: {per_call}"),
        (wording.number(applied), f"faults applied, of {wording.number(run.planned)} planned"),
    ]
    return el(
        "dl",
        [el("div", el("dt", text), el("dd", value)) for value, text in facts],
        class_="numbers",
    )


def grades(run: RunRecord) -> Html:
    """The grades of all calls as one bar, and in words."""
    parts = [(grade, run.grades[grade]) for grade in GRADES if run.grades.get(grade)]
    bar = [
        el("span", class_=f"g-{slug(grade)}", style=f"flex-grow:{count}") for grade, count in parts
    ]
    listed = [
        el(
            "li",
            swatch(f"g-{slug(grade)}"),
            el("b", f"{grade} {wording.number(count)}"),
            f" {wording.GRADES[grade]}",
        )
        for grade, count in parts
    ]
    return el(
        "div",
        el("div", bar, class_="bar", aria_hidden="true"),
        el("ul", listed, class_="legend"),
        class_="grades",
    )


def outcomes(run: RunRecord) -> Html:
    """The legend of the chart: the meaning of its colours, with counts."""
    users = [
        _key(f"o-{outcome}", wording.outcome_title(outcome), wording.meaning(outcome), count)
        for outcome in OUTCOMES
        if (count := run.outcomes.get(outcome))
    ]
    keys = [_key(name, title, text) for name, title, text, there in _marks(run) if there]
    return el("ul", users, keys, class_="legend key")


def _marks(run: RunRecord) -> Iterator[tuple[str, str, str, bool]]:
    """The other marks of the chart: their class, name and meaning, and whether they are there."""
    letters = "i investigating, d identified, m monitoring, r resolved, + another post"
    pauses = any(not sum(column) for column in zip(*run.over_time.values(), strict=True))
    windows = any(window.simulated for window in run.profile.windows)
    posts = any(page.posts for page in run.profile.status_pages)
    yield "hit", "window", "the stronger, the larger the share that is hit", windows
    yield "asked", "request", "answered", True
    yield "asked-and-failed", "request", "failed", any(p.failed for p in run.providers)
    yield (
        "down",
        "provider down",
        "at least half of its requests are hit",
        any(p.down for p in run.providers),
    )
    yield (
        "alone",
        "not called",
        "calls were made, and none sent it a request",
        any(p.left_alone for p in run.providers),
    )
    yield "incident", "status page", f"open incident; {letters}", posts
    yield (
        "gap",
        "longest downtime",
        "the longest time without an answer",
        bool(run.longest_downtime),
    )
    yield "none", "blank", "no call was due; quiet stretches are skipped", pauses
    yield "cut", "grey band", "a long time without calls, cut out", len(run.stretches) > 1


def over_time(run: RunRecord) -> Html:
    """The chart as a table, for users who cannot see it."""
    head = [
        f"from, for {describe(run.step)}",
        *map(wording.outcome_title, run.over_time),
        *(f"{p.name}: requests (failed), hit" for p in run.providers),
    ]
    form = "%d %b %H:%M:%S" if len(run.stretches) > 1 else "%H:%M:%S"
    rows = (
        [
            wording.when(run.profile, begins, form),
            *(str(counts[index]) for counts in run.over_time.values()),
            *(_cell(provider, index) for provider in run.providers),
        ]
        for index, begins in enumerate(wording.columns(run))
        if any(counts[index] for counts in run.over_time.values())
    )
    return el(
        "details", el("summary", "The same as a table"), table(head, rows, "The run over time")
    )


def providers(run: RunRecord) -> Html:
    """Requests per provider, in numbers."""
    head = ["provider", "requests", "failed", "applied", "tokens in", "tokens out",
            "longest not called"]  # fmt: skip
    rows = (
        [
            p.name,
            *map(
                wording.number, (p.requests, p.failed, p.applied, p.input_tokens, p.output_tokens)
            ),
            _longest_alone(p),
        ]
        for p in run.providers
    )
    effects = ", ".join(f"{wording.number(n)} {effect}" for effect, n in run.effects.items())
    planned = el(
        "p", f"Faults planned: {wording.number(run.planned)}" + f" ({effects})" * bool(effects)
    )
    return section("Requests", table(head, rows, "Requests per provider"), planned, *_peers(run))


def _peers(run: RunRecord) -> Iterator[Html]:
    if run.real_peers:
        peers = ", ".join(run.real_peers)
        yield el("p", f"Real servers took part, and no virtual time passed for them: {peers}.")


def _longest_alone(provider: ProviderRecord) -> str:
    longest = max((s.ends - s.begins for s in provider.left_alone), default=0.0)
    return describe(longest) if longest else "never"


def _cell(provider: ProviderRecord, index: int) -> str:
    requests, failed = provider.requests_by_column[index], provider.failures_by_column[index]
    return f"{requests} ({failed}), {wording.percent(provider.hit[index])}"


def _key(name: str, title: str, text: str, count: int | None = None) -> Html:
    label = title if count is None else f"{title} {wording.number(count)}"
    return el("li", swatch(name), el("b", label), f" {text}")


def swatch(name: str) -> Html:
    """A patch in a colour of the chart."""
    return el("span", class_=f"swatch {name}", aria_hidden="true")


def slug(text: str) -> str:
    """A text as the name of a CSS class."""
    return text.replace(" ", "-")
