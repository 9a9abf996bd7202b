"""The calls of one provider, model and surface in compact columns: a million take some 30 MB."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chaos_llm.importing.failure_kinds import HEALTHY, LEFT, REFUSED, FailureKind, kind_of
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.vendor_names import READS, has_endpoint

_MOST_KINDS = 200  # distinct failures that are told apart; later ones count as the last
_MOST_FILES = 65_535  # whose calls are distinguished; later ones count as the last
_REPLY_ID = re.compile(r"(?=.*\d)[\w.:/+=-]{8,200}")  # and neither <X_REQUEST_ID> nor REDACTED
_MOST_CLIENTS = 2_000_000
_UNKNOWN = math.nan
_NO_METHODS = ("CONNECT", "OPTIONS")  # a browser's and a proxy's own, which no model answers
_LONGEST_BODY = 65_536


class SeriesKey(NamedTuple):
    """What fails together."""

    provider: str
    surface: str
    model: str


@dataclass
class FailureKinds:
    """All kinds of failures of a recording, numbered from 1; 0 is a healthy call.

    `examples` has the first call with a body of each kind, `retry_afters` what was asked for.
    """

    numbers: dict[FailureKind, int] = field(default_factory=lambda: {HEALTHY: 0})
    examples: dict[int, RecordedCall] = field(default_factory=dict)
    retry_afters: dict[int, list[float]] = field(default_factory=dict)
    waits: dict[int, list[float]] = field(default_factory=dict)

    def number(self, kind: FailureKind, call: RecordedCall) -> int:
        found = self.numbers.get(kind)
        if found is None:
            found = min(len(self.numbers), _MOST_KINDS)
            self.numbers[kind] = found
        if found:
            self._note(found, call)
        return found

    def kind(self, number: int) -> FailureKind:
        return list(self.numbers)[number]

    def _note(self, number: int, call: RecordedCall) -> None:
        example = self.examples.get(number)
        if example is None or (call.body and not example.body):
            call.body = call.body[:_LONGEST_BODY]
            self.examples[number] = call
        for values, value in (
            (self.retry_afters, call.retry_after),
            (self.waits, call.seconds),
        ):
            kept = values.setdefault(number, [])
            if value is not None and len(kept) < 10_000:
                kept.append(value)


class CallSeries:
    """Columns of calls: time, kind of failure, latencies in seconds (NaN: unknown), client.

    `file` is the number of the file, `reply` a digest of the reply's id (0: unknown).
    """

    __slots__ = (
        *("at", "client", "credential", "file", "first", "kind", "reply", "seconds", "token"),
    )

    def __init__(self) -> None:
        self.at = array("d")
        self.kind = array("H")
        self.seconds, self.first, self.token = array("f"), array("f"), array("f")
        self.client, self.credential = array("i"), array("i")
        self.file, self.reply = array("H"), array("q")

    def __len__(self) -> int:
        return len(self.at)


@dataclass
class Calls:
    """All calls that were read, by series, and the counts of those that are left out."""

    series: dict[SeriesKey, CallSeries] = field(default_factory=dict)
    kinds: FailureKinds = field(default_factory=FailureKinds)
    refused: dict[int, int] = field(default_factory=dict)  # by status
    left: int = 0
    unnamed: dict[str, int] = field(default_factory=dict)  # by host: no provider is known for it
    probes: int = 0  # what is asked of a gateway itself: health checks, metrics, its page
    files: list[str] = field(default_factory=list)  # their paths; what is added is of the last one
    _clients: dict[str, int] = field(default_factory=dict)

    def add(self, call: RecordedCall, provider: str = "") -> None:
        """Count a call; `provider` is the one to assume where none is known."""
        if call.method in _NO_METHODS:
            return
        kind = kind_of(call)
        if kind == REFUSED:
            self.refused[call.status] = self.refused.get(call.status, 0) + 1
            return
        if kind == LEFT:
            self.left += 1
            return
        name = call.provider or provider
        if not name:
            self.unnamed[call.host] = self.unnamed.get(call.host, 0) + 1
            return
        if not call.provider and _is_probe(call, name):
            self.probes += 1
            return
        key = SeriesKey(name, call.surface, call.model)
        series = self.series.get(key)
        if series is None:
            series = self.series[key] = CallSeries()
        series.at.append(call.at)
        series.kind.append(self.kinds.number(kind, call))
        series.seconds.append(_or_unknown(call.seconds))
        series.first.append(_or_unknown(call.first_token))
        series.token.append(_or_unknown(call.token))
        series.client.append(self._number(call.client))
        series.credential.append(self._number(call.credential))
        series.file.append(min(max(0, len(self.files) - 1), _MOST_FILES))
        series.reply.append(_digest(call.reply_id))

    @property
    def count(self) -> int:
        """The calls that count."""
        return sum(map(len, self.series.values()))

    @property
    def failures(self) -> int:
        """Those of them that failed."""
        return sum(len(each) - each.kind.count(0) for each in self.series.values())

    def _number(self, name: str) -> int:
        """A number for a client, -1 for an unknown one."""
        if not name:
            return -1
        found = self._clients.get(name)
        if found is None:
            if len(self._clients) >= _MOST_CLIENTS:
                return -1
            found = self._clients[name] = len(self._clients)
        return found


@dataclass
class Group:
    """The calls of one provider and surface, of all models together, in the order of time.

    The fields are NumPy arrays of one length; `model` has indices of `models`.
    """

    provider: str
    surface: str
    models: tuple[str, ...]
    at: Any
    kind: Any
    seconds: Any
    first: Any
    token: Any
    client: Any
    credential: Any
    model: Any

    def of_model(self, index: int) -> Group:
        """The calls of one model alone."""
        chosen = self.model == index
        columns = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return Group(self.provider, self.surface, (self.models[index],), **columns)

    @property
    def interval(self) -> float:
        """Seconds between two calls, as a median; 1 for a single call."""
        import numpy as np  # noqa: PLC0415 - comes with an extra

        return float(np.median(np.diff(self.at))) if len(self.at) > 1 else 1.0


_COLUMNS = ("at", "kind", "seconds", "first", "token", "client", "credential", "model")


def groups(calls: Calls) -> list[Group]:
    """The groups of all calls, the largest first."""
    by_surface: dict[tuple[str, str], list[tuple[str, CallSeries]]] = {}
    for key, series in calls.series.items():
        by_surface.setdefault((key.provider, key.surface), []).append((key.model, series))
    made = [_group(*key, members) for key, members in by_surface.items()]
    return sorted(made, key=lambda group: -len(group.at))


def _group(provider: str, surface: str, members: list[tuple[str, CallSeries]]) -> Group:
    import numpy as np  # noqa: PLC0415 - comes with an extra

    members = sorted(members, key=lambda member: -len(member[1]))
    columns: dict[str, Any] = {
        name: np.concatenate([np.frombuffer(getattr(s, name), s_type) for _, s in members])
        for name, s_type in (
            ("at", "f8"),
            ("kind", "u2"),
            *((each, "f4") for each in ("seconds", "first", "token")),
            *((each, "i4") for each in ("client", "credential")),
        )
    }
    columns["model"] = np.repeat(np.arange(len(members)), [len(s) for _, s in members])
    order = np.argsort(columns["at"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    return Group(provider, surface, tuple(model for model, _ in members), **columns)


def _is_probe(call: RecordedCall, provider: str) -> bool:
    """Whether a call is no call to a model, and the provider of it was assumed."""
    return (
        call.method in READS
        and bool(call.path)
        and not has_endpoint(provider, call.method, call.path)
    )


def _digest(reply_id: str) -> int:
    """A number for the id of a reply; 0 for none, and for what a tool wrote in its place."""
    return hash(reply_id) if _REPLY_ID.fullmatch(reply_id) else 0


def _or_unknown(value: float | None) -> float:
    return _UNKNOWN if value is None else value
