"""Read a Profile from a TOML file; every name must be known, every number must have evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from pydantic import ValidationError

from chaos_llm import durations
from chaos_llm.errors import ProfileError, UnknownName
from chaos_llm.profiles import time_values, validation_errors
from chaos_llm.profiles.evidence_grades import ASSUMED
from chaos_llm.profiles.model import (
    Allowance,
    Edge,
    Event,
    HealthyLatency,
    Post,
    Profile,
    Source,
    StatusPage,
)
from chaos_llm.profiles.profile_tables import (
    HealthyLatencyTable,
    ModelLatencyTable,
    ProfileTable,
    StatusPageTable,
)
from chaos_llm.profiles.targets import check_provider
from chaos_llm.profiles.toml_document import TomlDocument
from chaos_llm.profiles.window_reading import WindowReading
from chaos_llm.protocol.rate_limits import Quota

MOST_WINDOWS = 2_000  # in a file; the shipped profiles have at most 8

Path = tuple[str | int, ...]


def profile(document: TomlDocument) -> Profile:
    """The profile that a file describes; raises ProfileError or UnknownName with file and line."""
    windows = document.tables.get("window")
    if isinstance(windows, list) and len(windows) > MOST_WINDOWS:
        raise document.error(("window", MOST_WINDOWS), f"expected at most {MOST_WINDOWS} windows")
    try:
        table = ProfileTable.model_validate(document.tables)
        return _Reading(document, table).profile()
    except ValidationError as found:
        raise validation_errors.explained(found, document) from None


@dataclass(frozen=True)
class _Reading:
    """Makes a profile from one validated file."""

    document: TomlDocument
    table: ProfileTable

    @cached_property
    def starts(self) -> datetime:
        return time_values.origin(self.table.starts)

    @cached_property
    def ends(self) -> float:
        return time_values.span(self.table.ends, self.starts)[1]

    def profile(self) -> Profile:
        if self.ends <= 0:
            raise self._error(("ends",), "expected a time after `starts`")
        sources, edges = self._sources(), self._edges()
        reading = WindowReading(self.document, self.table, sources, self.starts, self.ends)
        return Profile(
            name=self.document.name,
            title=self.table.title,
            starts=self.starts,
            ends=self.ends,
            sources=sources,
            windows=reading.windows(),
            tags=tuple(self.table.tags),
            confidence=self.table.confidence,
            note=self.table.note,
            status_pages={provider: self._page(provider) for provider in self.table.status_page},
            events=tuple(self._events()),
            baseline=self._baseline(),
            quotas=self._quotas(),
            edges=edges,
        )

    @cached_property
    def _documented(self) -> tuple[str, ...]:
        """Providers in any window: a status page may be of one that is not simulated."""
        targets = (target for window in self.table.window for target in window.on or ())
        return tuple(target.provider for target in targets if target.provider not in (None, "*"))

    def _sources(self) -> dict[str, Source]:
        if ASSUMED in self.table.sources:
            raise self._error(
                ("sources", ASSUMED), "'assumed' stands for no source; give this source another key"
            )
        return {
            key: Source(key, source.kind, source.title, source.address)
            for key, source in self.table.sources.items()
        }

    def _page(self, provider: str) -> StatusPage:
        table, path = self.table.status_page[provider], ("status_page", provider)
        check_provider(self.document, path, provider, *self._documented)
        if table.unknown and table.posts:
            raise self._error((*path, "unknown"), "a page with posts is not unknown; leave one out")
        if not table.posts and not table.unknown and table.evidence is None:
            raise self._error(path, "a page without posts needs evidence, or `unknown = true`")
        if table.evidence is not None:
            self._source((*path, "evidence"), table.evidence)
        return StatusPage(
            provider,
            posts=tuple(self._posts(table, (*path, "posts"))),
            unknown=table.unknown,
            evidence=table.evidence or ASSUMED,
        )

    def _posts(self, page: StatusPageTable, path: Path) -> Iterator[Post]:
        previous = float("-inf")
        for index, table in enumerate(page.posts):
            evidence, at = table.evidence or page.evidence, time_values.point(table.at, self.starts)
            if evidence is None:
                raise self._error(
                    (*path, index), "evidence is missing; expected a source or 'assumed'"
                )
            if at < previous:
                raise self._error(
                    (*path, index, "at"), "expected posts in the order of their times"
                )
            self._source((*path, index, "evidence"), evidence)
            yield Post(
                at,
                table.state,
                table.says,
                table.incident,
                evidence,
                table.impact,
                tuple(table.components),
            )
            previous = at

    def _events(self) -> Iterator[Event]:
        for index, table in enumerate(self.table.event):
            self._source(("event", index, "evidence"), table.evidence)
            yield Event(time_values.point(table.at, self.starts), table.says, table.evidence)

    def _baseline(self) -> dict[str, HealthyLatency]:
        latencies = {}
        for provider, table in self.table.baseline.items():
            path: Path = ("baseline", provider)
            check_provider(self.document, path, provider)
            self._source((*path, "evidence"), table.evidence)
            for index, each in enumerate(table.models):
                self._source((*path, "models", index, "evidence"), each.evidence or table.evidence)
            models = ((each.model, _latency(each, table.evidence)) for each in table.models)
            latency = _latency(table, table.evidence)
            latencies[provider] = replace(latency, models=tuple(models))
        return latencies

    def _edges(self) -> dict[str, Edge]:
        edges = {}
        for name, table in self.table.edge.items():
            self._source(("edge", name, "evidence"), table.evidence)
            for index, provider in enumerate(table.providers):
                check_provider(self.document, ("edge", name, "providers", index), provider)
            edges[name] = Edge(name, tuple(table.providers), table.evidence)
        return edges

    def _quotas(self) -> dict[str, Allowance]:
        quotas = {}
        for provider, table in self.table.quota.items():
            check_provider(self.document, ("quota", provider), provider)
            self._source(("quota", provider, "evidence"), table.evidence)
            quota = Quota(table.requests_per_minute, table.tokens_per_minute)
            quotas[provider] = Allowance(quota, table.evidence)
        return quotas

    def _source(self, path: Path, evidence: str) -> None:
        if evidence != ASSUMED and evidence not in self.table.sources:
            where = f"{self.document.where(*path)}: {self.document.label(path)}"
            raise UnknownName("source", evidence, [*self.table.sources, ASSUMED], where=where)

    def _error(self, path: Path, problem: str) -> ProfileError:
        return self.document.error(path, problem)


def _latency(table: HealthyLatencyTable | ModelLatencyTable, evidence: str) -> HealthyLatency:
    first, token = durations.seconds(table.first_token), durations.seconds(table.token)
    return HealthyLatency(first, token, table.evidence or evidence)
