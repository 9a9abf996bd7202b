"""The draft of a profile: windows, mixes, latencies and posts with the recording as evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chaos_llm.durations import describe
from chaos_llm.errors import UsageError
from chaos_llm.faults import known as known_faults
from chaos_llm.importing import found_windows, latencies, status_posts
from chaos_llm.importing.call_series import Calls, Group, groups
from chaos_llm.importing.found_windows import FoundWindow
from chaos_llm.importing.latencies import SlowWindow
from chaos_llm.importing.recorded_faults import RecordedFaults
from chaos_llm.profiles.evidence_grades import ASSUMED
from chaos_llm.profiles.model import (
    Profile,
    Share,
    Source,
    StatusPage,
    Target,
    WeightedFault,
    Window,
)
from chaos_llm.profiles.observations import Observations, ObservedBin, ObservedSeries
from chaos_llm.recording.recorded_call import RecordedPost

RECORDING = "recording"  # the key of the source
STATUS_PAGE = "status_page"
_MOST_WINDOWS = 11
_STRICTER = 1.5  # times the penalty of a change, until there are few enough windows
_MOST_STRICT = 200.0
_BINS = 360
_ROUND = (0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600)
_MOST_SERIES = 12  # of the observations; all further models are drawn together
_MIN_POINTS = 2


@dataclass
class Draft:
    """A profile with what belongs beside it, and what a person should know about it."""

    profile: Profile
    observations: Observations
    bodies: Mapping[str, str]  # by the path of the file, beside the profile's own
    said: list[str] = field(default_factory=list)


def draft(
    calls: Calls,
    posts: Sequence[RecordedPost],
    *,
    name: str,
    recorded_in: Sequence[str],
    assumed: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Draft:
    """The draft of a profile; raises UsageError if no call counts, or none failed.

    `assumed` is what the readers had to assume, `remarks` what else is to be said.
    """
    found_groups = groups(calls)
    if not found_groups:
        raise UsageError(_nothing(calls, posts, recorded_in))
    begins = float(math.floor(min(float(group.at[0]) for group in found_groups)))
    last = max(float(group.at[-1]) for group in found_groups)
    windows, strictness = _few_windows(found_groups)
    slow = [w for group in found_groups for w in latencies.slow_windows(group)]
    if not windows and not slow:
        raise UsageError(_no_failures(calls, recorded_in))
    made = _Profile(calls, posts, name, recorded_in, begins, last, found_groups, assumed, remarks)
    return made.draft(windows, slow[: _MOST_WINDOWS - len(windows)], strictness)


def _few_windows(found: Sequence[Group]) -> tuple[list[FoundWindow], float]:
    """All windows, found so strictly that there are few enough to read."""
    strictness = 1.0
    while True:
        windows = [w for group in found for w in found_windows.in_group(group, strictness)]
        if len(windows) <= _MOST_WINDOWS:
            break
        strictness *= _STRICTER
        if strictness > _MOST_STRICT:
            windows = sorted(windows, key=lambda each: -each.failures)[:_MOST_WINDOWS]
            break
    return sorted(windows, key=lambda each: (each.begins, each.provider)), strictness


@dataclass
class _Profile:
    """Builds the profile of one recording."""

    calls: Calls
    posts: Sequence[RecordedPost]
    name: str
    recorded_in: Sequence[str]
    begins: float
    last: float
    groups: Sequence[Group]
    assumed: Sequence[str]
    remarks: Sequence[str]

    def __post_init__(self) -> None:
        self.faults = RecordedFaults(self.calls.kinds, self.name)
        self.starts = datetime.fromtimestamp(self.begins, UTC)
        self.step = _step(min(group.interval for group in self.groups) / 4)
        self.providers = tuple(dict.fromkeys(group.provider for group in self.groups))
        self.names: set[str] = set()

    def draft(
        self, found: Sequence[FoundWindow], slow: Sequence[SlowWindow], strictness: float
    ) -> Draft:
        windows = [self._window(each) for each in found]
        windows += [self._slow_window(each) for each in slow]
        pages = self._pages()
        ends = max(
            [self._time(self.last, up=True), *(w.ends[1] for w in windows)]
            + [post.at for page in pages.values() for post in page.posts]
        )
        failures = sum(window.failures for window in found)
        baseline, whole = latencies.baseline(self.groups, found, slow, RECORDING)
        said = [*self.remarks, *self._said(failures, strictness, pages, found)]
        said += [
            f"Assumed: replies of {provider} come whole; "
            "when their first token came was not recorded."
            for provider in whole
        ]
        profile = Profile(
            name=self.name,
            title=self._title(found, slow),
            starts=self.starts,
            ends=ends,
            windows=tuple(windows),
            tags=("recorded", *self._tags(found)),
            confidence=f"recorded: {self.calls.count:,} calls in {', '.join(self.recorded_in)}",
            note="\n".join(said),
            sources=self._sources(pages),
            status_pages=pages,
            baseline=baseline,
        )
        return Draft(profile, self._observations(), self.faults.files, said)

    def _time(self, at: float, *, up: bool = False) -> float:
        """Seconds after the start, rounded to what the recording can tell."""
        rounded = (math.ceil if up else round)((at - self.begins) / self.step) * self.step
        return max(0.0, round(rounded, 3))

    def _window(self, found: FoundWindow) -> Window:
        begins = (self._time(found.begins[0]), self._time(found.begins[1]))
        ends = (self._time(found.ends[0]), self._time(found.ends[1]))
        ends = (max(ends[0], begins[1]), max(ends[1], begins[0] + self.step))
        low, high = found.interval
        faults = self.faults.mix(found)
        sticky = found.sticky
        note = (
            f"{found.failures} of {found.calls} calls failed; "
            f"99.7 % interval {low:.3f} to {high:.3f}"
        )
        if sticky is not None:
            note += f"; calls of one {found.sticky_by} agree by {sticky.correlation:.2f}"
        return Window(
            name=self._name(found),
            begins=begins,
            ends=ends,
            on=tuple(self._targets(found)),
            share=Share.constant(round(found.share, 3)),
            faults=faults,
            sticky_by=found.sticky_by or "request",  # type: ignore[arg-type] # one of the names
            sticky_for=sticky.seconds if sticky else None,
            evidence=_evidence(
                faults, sticky=sticky is not None, has_length=bool(sticky and sticky.seconds)
            ),
            note=note,
        )

    def _targets(self, found: FoundWindow) -> Iterator[Target]:
        for model in [each for each in found.models if each] or [""]:
            yield Target(found.provider, found.surface, model)

    def _name(self, found: FoundWindow) -> str:
        """What happened: "14:05 to 15:47: 90 % of 529 and 500"."""
        counts = sorted(((n, kind) for kind, n in found.counts if kind), reverse=True)
        labels = list(dict.fromkeys(self.faults.label(kind) for _, kind in counts))[:3]
        what = " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
        share = f"{found.share:.0%}".replace("%", " %") if found.share < 1 else "all"
        name = f"{self._clock(found.begins)} to {self._clock(found.ends)}: {share} of {what}"
        name = name.replace("all of ", "all calls: ")
        if len(self.providers) > 1:
            name = f"{found.provider} {name}"
        if found.models:
            shown = [*filter(None, found.models[:2]), *(["..."] if len(found.models) > 2 else [])]
            name += f" ({', '.join(shown)})"
        return self._unique(name)

    def _unique(self, name: str) -> str:
        number, unique = 1, name
        while unique in self.names:
            number += 1
            unique = f"{name} ({number})"
        self.names.add(unique)
        return unique

    def _clock(self, edge: tuple[float, float]) -> str:
        days = self.last - self.begins > 86_400
        seconds = self.last - self.begins < 900
        nearest = 1 if seconds else 60
        when = datetime.fromtimestamp(round(sum(edge) / 2 / nearest) * nearest, UTC)
        return f"{when:%d %b %H:%M}" if days else f"{when:%H:%M:%S}" if seconds else f"{when:%H:%M}"

    def _slow_window(self, slow: SlowWindow) -> Window:
        added = list(slow.added) if slow.added[0] != slow.added[1] else slow.added[0]
        fault = known_faults()["latency"](
            seconds=tuple(added) if isinstance(added, list) else added
        )  # type: ignore[call-arg]
        middle = sum(slow.added) / 2
        clocks = f"{self._clock((slow.begins,) * 2)} to {self._clock((slow.ends,) * 2)}"
        name = f"{clocks}: {middle:.1f} s slower"
        return Window(
            name=self._unique(f"{slow.provider} {name}" if len(self.providers) > 1 else name),
            begins=(self._time(slow.begins),) * 2,
            ends=(max(self._time(slow.ends), self._time(slow.begins) + self.step),) * 2,
            on=(Target(slow.provider, slow.surface),),
            share=Share.constant(1.0),
            faults=(WeightedFault(1.0, fault),),
            evidence=dict.fromkeys(("from", "until", "on", "share", "faults"), RECORDING),
            note=f"{slow.calls} answers, which usually take {slow.usual:.2f} s; half of the delays",
        )

    def _pages(self) -> dict[str, StatusPage]:
        by_provider: dict[str, list[RecordedPost]] = {}
        for post in self.posts:
            provider = status_posts.provider_of(post, self.providers)
            if provider:
                by_provider.setdefault(provider, []).append(post)
        pages = {
            name: status_posts.page(posts, name, self.begins, self.last, STATUS_PAGE)
            for name, posts in by_provider.items()
        }
        return {name: page for name, page in pages.items() if page is not None}

    def _sources(self, pages: Mapping[str, StatusPage]) -> dict[str, Source]:
        shown = f"{self.calls.count:,} recorded calls: {', '.join(self.recorded_in)}"
        sources = {RECORDING: Source(RECORDING, "recording", shown)}
        if pages:
            address = next((post.page for post in self.posts if post.page), "")
            title = "incidents of the provider's status page"
            sources[STATUS_PAGE] = Source(STATUS_PAGE, "provider", title, address)
        return sources

    def _title(self, found: Sequence[FoundWindow], slow: Sequence[SlowWindow]) -> str:
        providers = [*(each.provider for each in found), *(each.provider for each in slow)]
        names = ", ".join(dict.fromkeys(providers))
        if not found:
            return f"{names}: slow answers, as recorded on {self.starts:%d %b %Y}"
        worst = max(found, key=lambda each: each.failures)
        share = f"{worst.share:.0%}".replace("%", " %")
        return f"{names}: up to {share} of calls failed, as recorded on {self.starts:%d %b %Y}"

    def _tags(self, found: Sequence[FoundWindow]) -> list[str]:
        statuses = {self.calls.kinds.kind(k).status for w in found for k, _ in w.counts if k}
        tags = []
        if any(500 <= status < 600 for status in statuses):
            tags.append("5xx")
        if 429 in statuses:
            tags.append("rate-limit")
        if 401 in statuses:
            tags.append("auth")
        return tags

    def _said(
        self,
        failures: int,
        strictness: float,
        pages: Mapping[str, StatusPage],
        found: Sequence[FoundWindow],
    ) -> Iterator[str]:
        """What a reader should know, and what is assumed."""
        outside = self.calls.failures - failures
        if outside:
            share = outside / max(1, self.calls.count)
            yield f"{outside} failures ({share:.2%} of all calls) are in no window: not played."
        if self.calls.refused:
            statuses = ", ".join(f"{n} of {s}" for s, n in sorted(self.calls.refused.items()))
            yield f"Requests that the provider refused as wrong are no outage: {statuses}."
        if self.calls.probes:
            yield f"{self.calls.probes:,} GET requests to paths of no endpoint are not counted."
        if self.calls.left:
            yield f"{self.calls.left} calls that their client left are not counted."
        if strictness > 1:
            yield "Some short changes were merged, so that the draft has fewer than 12 windows."
        if found and all(window.sticky is None for window in found):
            whose = any((group.client >= 0).any() for group in self.groups)
            yield (
                "Assumed: each call fails on its own; "
                + (
                    "the calls of one client show nothing else."
                    if whose
                    else "whose calls they are was not recorded."
                )
            )
        for text in (*self.assumed, *self.faults.assumed):
            yield f"Assumed: {text}."
        for provider, page in pages.items():
            first = min((w.begins[0] for w in found if w.provider == provider), default=None)
            if first is not None and page.posts:
                lag = self.begins + page.posts[0].at - first
                relation = "after" if lag >= 0 else "before"
                wait = describe(abs(round(lag)))
                yield f"The first post of {provider} came {wait} {relation} the first failures."

    def _observations(self) -> Observations:
        interval = _step(max(self.last - self.begins, self.step) / _BINS, up=True)
        series: list[ObservedSeries] = []
        for group in self.groups:
            for number, model in enumerate(group.models):
                if len(series) < _MOST_SERIES:
                    series.append(_observed(group.of_model(number), model, self.begins, interval))
        return Observations(self.starts, interval, tuple(series))


def _observed(group: Group, model: str, begins: float, interval: float) -> ObservedSeries:
    import numpy as np  # noqa: PLC0415 - comes with an extra

    bins = ((group.at - begins) // interval).astype("i8")
    size = int(bins[-1]) + 1
    calls = np.bincount(bins, minlength=size)
    failed = np.bincount(bins[group.kind > 0], minlength=size)
    return ObservedSeries(
        group.provider,
        group.surface,
        model,
        tuple(
            ObservedBin(
                number * interval, (number + 1) * interval, int(calls[number]), int(failed[number])
            )
            for number in np.flatnonzero(calls).tolist()
        ),
    )


def _evidence(
    faults: Sequence[WeightedFault], *, sticky: bool, has_length: bool
) -> dict[str, str | tuple[str, ...]]:
    facts = ["from", "until", "on", "share", "faults"]
    facts += ["sticky_by"] if sticky else []
    facts += ["sticky_for"] if has_length else []
    facts += ["weights"] if len(faults) > 1 else []
    evidence: dict[str, str | tuple[str, ...]] = dict.fromkeys(facts, RECORDING)
    for weighted in faults:
        if weighted.fault.name in ("cut_stream", "error_mid_stream"):
            evidence["after"] = ASSUMED
    return evidence


def _step(seconds: float, *, up: bool = False) -> float:
    """A round number of seconds: the largest up to this one, or the smallest from it on."""
    if up:
        return next(
            (step for step in _ROUND if step >= seconds), math.ceil(seconds / 86_400) * 86_400
        )
    return max((step for step in _ROUND[:4] if step <= seconds), default=_ROUND[0])


def _nothing(calls: Calls, posts: Sequence[RecordedPost], recorded_in: Sequence[str]) -> str:
    names = ", ".join(recorded_in)
    if calls.unnamed:
        hosts = ", ".join(repr(host) for host in list(calls.unnamed)[:5])
        return (
            f"{names}: no call names a provider (hosts: {hosts}); give --provider NAME, or name "
            "the gateway in [tool.chaos_llm.hosts]"
        )
    if posts:
        return f"{names}: posts of a status page alone; add a recording of calls"
    return f"{names}: no call was found"


def _no_failures(calls: Calls, recorded_in: Sequence[str]) -> str:
    names = ", ".join(recorded_in)
    refused = sum(calls.refused.values())
    also = f", and {refused} were refused as wrong" if refused else ""
    why = "There is nothing to replay"
    if calls.failures:
        why = "They are too few, or spread too evenly, to rule chance out"
    failed = f"{calls.failures} of {calls.count} calls failed{also}"
    return f"{names}: no outage was found: {failed}. {why}"
