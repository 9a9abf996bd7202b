"""The faults of a window: from the kinds of its failures, with bodies as files where needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from chaos_llm import faults
from chaos_llm.faults.fault import Fault
from chaos_llm.importing.call_series import FailureKinds
from chaos_llm.importing.dialect_bodies import made_by_dialect
from chaos_llm.importing.failure_kinds import FailureKind
from chaos_llm.importing.found_windows import FoundWindow
from chaos_llm.profiles.model import WeightedFault
from chaos_llm.recording.recorded_call import RecordedCall

_MOST_FAULTS = 8  # of a window
_RARE = 0.01  # of a window's failures; rarer kinds are left out if there are others
_PAGES = range(500, 600)


@dataclass
class RecordedFaults:
    """Makes faults; collects the files of raw bodies, and what had to be assumed."""

    kinds: FailureKinds
    stem: str  # of the profile's file; the bodies are in the folder of that name
    files: dict[str, str] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)
    _made: dict[int, Fault] = field(default_factory=dict)

    def mix(self, window: FoundWindow) -> tuple[WeightedFault, ...]:
        """The window's faults, the most frequent first; weights are the numbers of failures."""
        failures = [(count, kind) for kind, count in window.counts if kind]
        most = sorted(failures, key=lambda each: (-each[0], each[1]))[:_MOST_FAULTS]
        kept = [each for each in most if each[0] >= _RARE * window.failures] or most[:1]
        left = window.failures - sum(count for count, _ in kept)
        if left:
            self.assumed[f"{left} rare failures of other kinds are left out of the mix"] = None
        return tuple(WeightedFault(float(count), self.fault(kind)) for count, kind in kept)

    def label(self, number: int) -> str:
        """A word or a number for a kind of failure, for a window's name."""
        kind = self.kinds.kind(number)
        return str(kind.status) if kind.status else kind.fault.replace("_", " ")

    def fault(self, number: int) -> Fault:
        if number not in self._made:
            self._made[number] = self._fault(number)
        return self._made[number]

    def _fault(self, number: int) -> Fault:
        kind = self.kinds.kind(number)
        example = self.kinds.examples.get(number, RecordedCall(0.0))
        make = _MAKERS.get(kind.fault)
        if make is not None:
            return make(self, kind, number)
        fault = _simple(kind)
        if fault is None or (kind.status and not made_by_dialect(example, fault)):
            return self._raw(kind, example)
        return fault

    def _raw(self, kind: FailureKind, example: RecordedCall) -> Fault:
        """The recorded body as it was, in a file of its own."""
        if not example.body:
            self.assumed[f"the body of status {kind.status} was not recorded; it is empty"] = None
        headers: dict[str, str] = {}
        if example.content_type:
            headers["content-type"] = example.content_type
        if example.retry_after is not None:
            headers["retry-after"] = f"{example.retry_after:g}"
        suffix = "json" if example.body.lstrip()[:1] in ("{", "[") else "txt"
        suffix = "html" if "html" in example.content_type else suffix
        name = f"{self.stem}/{kind.status}-{len(self.files) + 1}.{suffix}"
        if not example.body:
            return _fault_named("raw", status=kind.status, headers=headers)
        self.files[name] = example.body
        return _fault_named(
            "raw", status=kind.status, headers=headers, body=example.body, body_file=name
        )

    def rate_limited(self, _kind: FailureKind, number: int) -> Fault:
        waits = self.kinds.retry_afters.get(number, ())
        example = self.kinds.examples.get(number, RecordedCall(0.0))
        fault = _fault_named("rate_limited", retry_after=_rounded(median(waits)) if waits else None)
        if not made_by_dialect(example, fault):
            return self._raw(FailureKind("raw", 429), example)
        if not waits and not example.body:
            self.assumed["no retry-after was recorded with 429; none is sent"] = None
        return fault

    def hang(self, _kind: FailureKind, number: int) -> Fault:
        waits: Sequence[float] = self.kinds.waits.get(number, ())
        if waits:
            shown = f"{_rounded(median(waits)):g}"
            self.assumed[
                f"calls hung until their client gave up (after {shown} s as a median); for how "
                "long the provider would have been silent is assumed: for ever"
            ] = None
        return _fault_named("hang")

    def cut_stream(self, kind: FailureKind, _number: int) -> Fault:
        self.assumed["at which share of the answer streams were cut is assumed: at one half"] = None
        return _fault_named("cut_stream", by=kind.variant or "close")

    def error_mid_stream(self, kind: FailureKind, _number: int) -> Fault:
        self.assumed["at which share of the answer the error came is assumed: at one half"] = None
        word = next((k for k in _EVENT_KINDS if k in kind.variant), "server_error")
        return _fault_named("error_mid_stream", kind=_EVENT_KINDS.get(word, word))


_Make = Callable[[RecordedFaults, FailureKind, int], Fault]
_MAKERS: Mapping[str, _Make] = {
    "rate_limited": RecordedFaults.rate_limited,
    "hang": RecordedFaults.hang,
    "cut_stream": RecordedFaults.cut_stream,
    "error_mid_stream": RecordedFaults.error_mid_stream,
}
_EVENT_KINDS = {"overloaded": "overloaded", "rate_limit": "rate_limited", "timeout": "timeout"}


def _simple(kind: FailureKind) -> Fault | None:
    """The fault of a kind without a body of its own; None where only a raw one will do."""
    name, status = kind.fault, kind.status
    if name == "raw":
        return None
    if name == "server_error":
        return _fault_named(name, status=status)
    if name == "html_error_page":
        page = {"cloudflare": None, "nginx": "nginx"}.get(kind.variant, "")
        return None if page == "" else _fault_named(name, status=status, page=page)
    if name == "envoy_503":
        return _fault_named(name, reason=kind.variant)
    return _fault_named(name)


def _fault_named(name: str, **arguments: Any) -> Fault:
    return faults.known()[name](**arguments)


def _rounded(seconds: float) -> float:
    rounded = float(f"{seconds:.3g}")
    return int(rounded) if rounded.is_integer() else rounded
