"""The server's counts in Prometheus' text format, by prometheus-client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.admin.questions import of_all_workers
from chaos_llm.server.admin.requests import AdminRequest
from chaos_llm.server.http.own_replies import ServerReply
from chaos_llm.server.runs.tally import BUCKETS

_ABSENT = 'metrics need prometheus-client: python -m pip install "chaos_llm[metrics]"'
_GAUGES = (
    ("runs", "runs that live on a worker"),
    ("connections", "open connections of a worker"),
    ("loop_lag_seconds", "largest delay of a worker's event loop in the last ten seconds"),
)


def metrics(request: AdminRequest) -> Any:
    """The counts of all workers, from the start of each on."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - an extra
        from prometheus_client.exposition import CONTENT_TYPE_LATEST  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(_ABSENT) from None

    def written(found: Sequence[Mapping[str, Any]]) -> ServerReply:
        registry = CollectorRegistry()
        registry.register(_Collector(found))
        return ServerReply(200, generate_latest(registry), CONTENT_TYPE_LATEST)

    return of_all_workers(request.server, "metrics", written)


class _Collector:
    """What Prometheus' client asks for metrics; `found` is what each worker counted."""

    def __init__(self, found: Sequence[Mapping[str, Any]]) -> None:
        self._found = found

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import (  # noqa: PLC0415 - an extra
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        labels = ("provider", "status", "end")
        requests = CounterMetricFamily(
            "chaos_llm_requests",
            "requests to providers, by status and how they ended",
            None,
            labels,
        )
        yield _filled(requests, self._counted("requests"))
        faults = CounterMetricFamily(
            "chaos_llm_faults", "faults that changed a reply", None, ("provider", "fault")
        )
        yield _filled(faults, self._counted("faults"))
        yield self._durations(HistogramMetricFamily)
        for name, says in _GAUGES:
            gauge = GaugeMetricFamily(f"chaos_llm_{name}", says, None, ("worker",))
            for number, one in enumerate(self._found):
                gauge.add_metric((str(number),), one[name])
            yield gauge

    def _counted(self, name: str) -> Iterable[tuple[tuple[Any, ...], int]]:
        """The sums over all workers, sorted."""
        sums: Counter[tuple[Any, ...]] = Counter()
        for one in self._found:
            for *key, count in one[name]:
                sums[tuple(key)] += count
        return sorted(sums.items())

    def _durations(self, family: Callable[..., Any]) -> Any:
        says = "seconds of the run's clock from a request to the end of its reply"
        histogram = family("chaos_llm_reply_seconds", says, labels=("provider",))
        providers = sorted({name for one in self._found for name in one["durations"]})
        bounds = [*map(str, BUCKETS), "+Inf"]
        for provider in providers:
            counts = [one["durations"].get(provider, [0] * len(bounds)) for one in self._found]
            below = accumulate(map(sum, zip(*counts, strict=True)))
            seconds = sum(one["seconds"].get(provider, 0.0) for one in self._found)
            histogram.add_metric((provider,), list(zip(bounds, below, strict=True)), seconds)
        return histogram


def _filled(family: Any, counted: Iterable[tuple[tuple[Any, ...], int]]) -> Any:
    for key, count in counted:
        family.add_metric(tuple(map(str, key)), count)
    return family
