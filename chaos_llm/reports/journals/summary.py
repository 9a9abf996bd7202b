"""All requests of a written journal in few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from chaos_llm.durations import describe
from chaos_llm.reports.journals.file import JournalWriter
from chaos_llm.reports.text import folded

_Record = Mapping[str, Any]


def explain_all(journal: JournalWriter, width: int = 100) -> str:
    """All calls of a journal in few lines: who was asked, which windows hit whom, and the worst."""
    records = journal.records
    lines = [f"{len(records)} requests{journal.day}"]
    if not records:
        return lines[0]
    first, last = records[0], records[-1]
    lines[0] += f", {journal.when(first['at'])} to {journal.when(last['until'])}"
    for part in (_providers(records), _windows(records), _worst(records), _stray(records)):
        lines += [line for text in part for line in folded(text, width)]
    return "\n".join([*lines, "", "give a CALL to have each of its requests explained"])


def _providers(records: Sequence[_Record]) -> Iterator[str]:
    for provider in dict.fromkeys(record["provider"] for record in records):
        mine = [record for record in records if record["provider"] == provider]
        answered = sum(record["answered"] and record["end"] == "complete" for record in mine)
        statuses = sorted({str(record["status"] or "none") for record in mine})
        yield (
            f"  {provider}: {len(mine)} requests, {answered} answered; "
            f"statuses {', '.join(statuses)}"
        )


def _windows(records: Sequence[_Record]) -> Iterator[str]:
    thrown: dict[str, list[bool]] = {}
    became: dict[str, dict[str, int]] = {}
    for record in records:
        for window, _roll, _share, fault in record.get("draws", ()):
            thrown.setdefault(window, []).append(bool(fault))
        for window, _fault, effect in record["fault_effects"]:
            effects = became.setdefault(window, {})
            effects[effect] = effects.get(effect, 0) + 1
    if not thrown:
        yield "no window was open for any of them"
    for window, hits in thrown.items():
        told = ", ".join(f"{count} {effect}" for effect, count in became.get(window, {}).items())
        yield (
            f"  {window!r}: {len(hits)} requests threw its die, {sum(hits)} were hit"
            + f" ({told})" * bool(told)
        )


def _worst(records: Sequence[_Record]) -> Iterator[str]:
    """The calls to look at first."""
    calls: dict[int, list[_Record]] = {}
    for record in records:
        if record["call"] >= 0:
            calls.setdefault(record["call"], []).append(record)
    if not calls:
        return
    most = max(calls, key=lambda call: len(calls[call]))
    longest = max(calls, key=lambda call: _seconds(calls[call]))
    hit = [call for call, mine in calls.items() if any(record["fault_effects"] for record in mine)]
    yield f"{len(calls)} calls made requests, and {len(hit)} of them met faults"
    if hit:
        yield f"  the first: call {hit[0]}; the last: call {hit[-1]}"
    yield f"  most requests: call {most} with {len(calls[most])}"
    yield f"  longest: call {longest} with {describe(_seconds(calls[longest]))} of requests"
    pauses = [(b["at"] - a["until"], call) for call, m in calls.items() for a, b in pairwise(m)]
    if pauses:
        pause, call = max(pauses)
        yield f"  longest pause between two requests: {describe(max(0.0, pause))} in call {call}"


def _seconds(mine: Sequence[_Record]) -> float:
    return float(max(record["until"] for record in mine) - mine[0]["at"])


def _stray(records: Sequence[_Record]) -> Iterator[str]:
    stray = sum(record["call"] < 0 for record in records)
    if stray:
        yield f"{stray} requests belong to no call; they are call -1"
