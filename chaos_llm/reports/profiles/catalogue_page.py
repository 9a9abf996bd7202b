"""The catalogue of outage profiles as a docs page, with windows, evidence and sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chaos_llm.durations import describe
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.model import Profile, StatusPage, Window
from chaos_llm.reports.profiles import wording

_HEAD = """# The catalogue of outage profiles

{count} profiles, written by `chaos-llm profiles --markdown` from the files in `fault_profiles/`.
`chaos-llm show NAME` draws one to scale, with the evidence of each single fact.

The evidence of a fact has one of three grades. *Reported*: by the provider or a monitor.
*Claimed*: by the press or by users. *Assumed*: by no source; the value was chosen, so that the
profile can be simulated. The share of assumed facts is that of the simulated ones.
"""


def render(profiles: Sequence[Profile]) -> str:
    """The page as Markdown, the newest profile first."""
    newest = sorted(profiles, key=lambda profile: (profile.starts, profile.name), reverse=True)
    blocks = [_HEAD.format(count=len(profiles)), _table(newest), *map(_section, newest)]
    return "\n".join(blocks)


def _table(profiles: Iterable[Profile]) -> str:
    rows = [
        (
            f"[{profile.name}](#{profile.name})",
            f"{profile.starts:%Y-%m-%d}",
            describe(profile.ends),
            ", ".join(_hit(profile)) or "no provider",
            wording.assumed(profile),
        )
        for profile in profiles
    ]
    return _rows(("profile", "date", "length", "hits", "assumed"), rows)


def _hit(profile: Profile) -> list[str]:
    """The hit surfaces: "anthropic", "anthropic login"; in brackets if only documented."""
    hit: dict[str, None] = {}
    for window in profile.windows:
        for target in window.on:
            name = target.provider if target.provider != "*" else "all providers"
            text = name if target.surface == "api" else f"{name} {target.surface}"
            hit.setdefault(text if window.simulated else f"({text})")
    return list(hit)


def _section(profile: Profile) -> str:
    counts = evidence_grades.counted(profile)
    graded = ", ".join(
        f"{counts[grade]} {grade}" for grade in reversed(evidence_grades.EVIDENCE_GRADES)
    )
    blocks = [
        f"## {profile.name}\n",
        f"{_plain(profile.title)}.\n",
        f"{profile.starts:%d %B %Y, %H:%M} UTC, {describe(profile.ends)}. Facts: {graded}."
        + (f" Evidence: {_plain(profile.confidence)}." if profile.confidence else "")
        + f" Tags: {', '.join(f'`{tag}`' for tag in profile.tags)}.\n",
        f"{_plain(profile.note)}\n" if profile.note else "",
        _windows(profile),
        *(_page(profile, page) for page in profile.status_pages.values()),
        _events(profile),
        _sources(profile),
    ]
    return "\n".join(block for block in blocks if block)


def _windows(profile: Profile) -> str:
    rows = (
        (
            _cell(window.name if window.simulated else f"{window.name} (documented)"),
            wording.clock(profile, *window.begins),
            wording.clock(profile, *window.ends),
            _cell("; ".join(map(wording.target, window.on))),
            _cell(wording.share(profile, window.share) + _narrowed(window)),
            _cell(f"`{wording.faults(window)}`"),
            _grade(profile, window),
        )
        for window in profile.windows
    )
    head = ("window", "from", "until", "hits", "share", "with", "evidence of the share")
    return _rows(head, rows) if profile.windows else ""


def _narrowed(window: Window) -> str:
    parts = (
        f"except {'; '.join(map(wording.target, window.except_))}" if window.except_ else "",
        wording.flap(window.flap) if window.flap else "",
        wording.capacity(window.capacity) if window.capacity else "",
    )
    return "".join(f"; {part}" for part in parts if part)


def _grade(profile: Profile, window: Window) -> str:
    evidence = dict(evidence_grades.facts(window)).get("share", (evidence_grades.ASSUMED,))
    grades = dict.fromkeys(evidence_grades.grade(profile.sources, each) for each in evidence)
    return ", ".join(grades)


def _page(profile: Profile, page: StatusPage) -> str:
    if page.unknown:
        return f"Status page of {page.provider}: its posts were not found.\n"
    if not page.posts:
        return f"Status page of {page.provider}: no incident all the time.\n"
    posts = (
        f"{wording.clock(profile, post.at)} {post.state or 'an update'}" for post in page.posts
    )
    return f"Status page of {page.provider}: {', '.join(posts)}.\n"


def _events(profile: Profile) -> str:
    lines = [f"{wording.clock(profile, a.at)}: {_plain(a.says)}" for a in profile.events]
    for name, latency in _latencies(profile):
        lines.append(f"{name}, healthy: {latency}")
    return "".join(f"* {line}\n" for line in lines)


def _latencies(profile: Profile) -> Iterator[tuple[str, str]]:
    for provider, latency in profile.baseline.items():
        for name, each in (
            (provider, latency),
            *((f"{provider} {m}", p) for m, p in latency.models),
        ):
            token = f", then {describe(each.token)} a token" if each.token else ""
            yield name, f"first token after {describe(each.first_token)}{token}"


def _sources(profile: Profile) -> str:
    if not profile.sources:
        return "Sources: none; all facts are assumed.\n"
    lines = (
        f"* {_plain(source.title or key)} ({source.grade}: {source.kind})"
        + (f", <{source.address}>" if "://" in source.address else f" {source.address}").rstrip()
        for key, source in profile.sources.items()
    )
    return "Sources:\n\n" + "".join(f"{line}\n" for line in lines)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """A text on one line, in which nothing is taken for an HTML tag."""
    return " ".join(text.split()).replace("<", "&lt;").rstrip(".")
