"""The requests of a run to each provider, and the times in which calls did not use it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from chaos_llm.analysis.run import Run
from chaos_llm.reports.records.columns import Columns
from chaos_llm.reports.records.models import LeftAlone, ProviderRecord
from chaos_llm.reports.records.profile import StretchRecord


def provider_records(run: Run, columns: Columns) -> list[ProviderRecord]:
    """The providers that got requests, in the order of their first one."""
    return [_provider(run, name, columns) for name in run.providers]


def left_alone(run: Run, provider: str) -> Iterator[LeftAlone]:
    """The times without a request to a provider, while calls used other providers only."""
    times = sorted(exchange.at for exchange in run.to(provider))
    elsewhere = (
        call for call in run.calls if run.shows_routing(call) and not run.of(call, provider)
    )
    calls = sorted(call.began for call in elsewhere)
    edges, at = [run.begins, *times, run.ends], 0
    for begins, ends in pairwise(edges):
        while at < len(calls) and calls[at] < begins:
            at += 1
        first = at
        while at < len(calls) and calls[at] < ends:
            at += 1
        if at > first:
            yield LeftAlone(begins=calls[first], ends=ends, calls=at - first)


def _provider(run: Run, name: str, columns: Columns) -> ProviderRecord:
    sent = run.to(name)
    return ProviderRecord(
        name=name,
        requests=len(sent),
        failed=sum(exchange.failed for exchange in sent),
        applied=sum(bool(exchange.applied) for exchange in sent),
        input_tokens=sum(exchange.input_tokens for exchange in sent),
        output_tokens=sum(exchange.output_tokens for exchange in sent),
        requests_by_column=columns.count_of(exchange.at for exchange in sent),
        failures_by_column=columns.count_of(e.at for e in sent if e.failed),
        hit=[round(share, 4) for share in _hit(run, name, columns)],
        down=[StretchRecord(begins=s.begins, ends=s.ends) for s in run.times_down(name)],
        left_alone=list(left_alone(run, name)),
    )


def _hit(run: Run, provider: str, columns: Columns) -> Iterator[float]:
    """The largest share in each column: at its ends, in its middle, and where it changes."""
    edges = sorted(run.overrides.edges())
    for begins in columns.begins:
        ends = begins + columns.step
        inside = edges[bisect_left(edges, begins) : bisect_left(edges, ends)]
        times = (begins, begins + columns.step / 2, ends - columns.step / 1000, *inside)
        yield max(run.share(provider, time) for time in times)
