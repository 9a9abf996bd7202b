"""The summary of all requests of a journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from chaos_llm.durations import describe
from chaos_llm.reports.journals.file import JournalFile
from chaos_llm.reports.text import folded

_Record = Mapping[str, Any]


def explain_all(journal: JournalFile, width: int = 100) -> str:
    """Summarise a journal: requests by provider, hits by window, and the worst calls."""
    records = journal.records
    lines = [f"{len(records)} requests{journal.source}"]
    if not records:
        return lines[0]
    first, last = records[0], records[-1]
    lines[0] += f", {journal.when(first['at'])} to {journal.when(last['until'])}"
    for part in (_providers(records), _windows(records), _worst(records), _background(records)):
        lines += [line for text in part for line in folded(text, width)]
    return "\n".join(
        [*lines, "", "add the number of a call to have each of its requests explained"]
    )


def _providers(records: Sequence[_Record]) -> Iterator[str]:
    for provider in dict.fromkeys(record["provider"] for record in records):
        to_it = [record for record in records if record["provider"] == provider]
        answered = sum(record["answered"] and record["end"] == "complete" for record in to_it)
        statuses = sorted({str(record["status"] or "none") for record in to_it})
        yield (
            f"  {provider}: {len(to_it)} requests, {answered} answered; "
            f"statuses {', '.join(statuses)}"
        )


def _windows(records: Sequence[_Record]) -> Iterator[str]:
    hits_by_window: dict[str, list[bool]] = {}
    effects_by_window: dict[str, dict[str, int]] = {}
    for record in records:
        for window, _drawn, _share, fault in record.get("draws", ()):
            hits_by_window.setdefault(window, []).append(bool(fault))
        for window, _fault, effect in record["fault_effects"]:
            effects = effects_by_window.setdefault(window, {})
            effects[effect] = effects.get(effect, 0) + 1
    if not hits_by_window:
        yield "no window was open for any of them"
    for window, hits in hits_by_window.items():
        by_effect = ", ".join(
            f"{count} {effect}" for effect, count in effects_by_window.get(window, {}).items()
        )
        yield (
            f"  {window!r}: open for {len(hits)} requests, {sum(hits)} of them were hit"
            + f" ({by_effect})" * bool(by_effect)
        )


def _worst(records: Sequence[_Record]) -> Iterator[str]:
    """The calls with the first and last faults, the most requests and the longest waits."""
    calls: dict[int, list[_Record]] = {}
    for record in records:
        if record["call"] >= 0:
            calls.setdefault(record["call"], []).append(record)
    if not calls:
        return
    most = max(calls, key=lambda call: len(calls[call]))
    longest = max(calls, key=lambda call: _seconds(calls[call]))
    hit = [call for call, of_it in calls.items() if any(r["fault_effects"] for r in of_it)]
    yield f"{len(calls)} calls made requests, and faults were planned for {len(hit)} of them"
    if hit:
        yield f"  the first: call {hit[0]}; the last: call {hit[-1]}"
    yield f"  most requests: call {most} with {len(calls[most])}"
    yield f"  longest: call {longest} with {describe(_seconds(calls[longest]))} of requests"
    pauses = [
        (later["at"] - earlier["until"], call)
        for call, of_it in calls.items()
        for earlier, later in pairwise(of_it)
    ]
    if pauses:
        pause, call = max(pauses)
        yield f"  longest pause between two requests: {describe(max(0.0, pause))} in call {call}"


def _seconds(of_call: Sequence[_Record]) -> float:
    """Seconds from a call's first request to the end of its last reply."""
    return float(max(record["until"] for record in of_call) - of_call[0]["at"])


def _background(records: Sequence[_Record]) -> Iterator[str]:
    count = sum(record["call"] < 0 for record in records)
    if count:
        yield f"{count} requests belong to no call; they have the call number -1"
