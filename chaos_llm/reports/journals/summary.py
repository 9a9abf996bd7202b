"""The summary of all requests of a journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from chaos_llm.durations import describe
from chaos_llm.reports.journals.explanation import about
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


def plain_all(journal: JournalFile) -> dict[str, Any]:
    """The same figures as plain values; times are seconds of the profile."""
    records = journal.records
    return {
        **about(journal),
        "requests": len(records),
        "begins": records[0]["at"] if records else None,
        "ends": records[-1]["until"] if records else None,
        "providers": _by_provider(records),
        "windows": _by_window(records),
        "calls": _of_calls(records),
        "requests_of_no_call": _without_a_call(records),
    }


def _by_provider(records: Sequence[_Record]) -> dict[str, dict[str, Any]]:
    found = {}
    for provider in dict.fromkeys(record["provider"] for record in records):
        to_it = [record for record in records if record["provider"] == provider]
        found[provider] = {
            "requests": len(to_it),
            "answered": sum(bool(r["answered"]) and r["end"] == "complete" for r in to_it),
            "statuses": sorted({str(record["status"] or "none") for record in to_it}),
        }
    return found


def _providers(records: Sequence[_Record]) -> Iterator[str]:
    for provider, of_it in _by_provider(records).items():
        yield (
            f"  {provider}: {of_it['requests']} requests, {of_it['answered']} answered; "
            f"statuses {', '.join(of_it['statuses'])}"
        )


def _by_window(records: Sequence[_Record]) -> dict[str, dict[str, Any]]:
    """How many requests met each window, how many it hit, and its effects with their numbers."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        for window, _drawn, _share, fault in record.get("draws", ()):
            of_it = found.setdefault(window, {"requests": 0, "hit": 0, "effects": {}})
            of_it["requests"] += 1
            of_it["hit"] += bool(fault)
    for record in records:
        for window, _fault, effect in record["fault_effects"]:
            if window in found:
                effects = found[window]["effects"]
                effects[effect] = effects.get(effect, 0) + 1
    return found


def _windows(records: Sequence[_Record]) -> Iterator[str]:
    windows = _by_window(records)
    if not windows:
        yield "no window was open for any of them"
    for window, of_it in windows.items():
        by_effect = ", ".join(f"{count} {effect}" for effect, count in of_it["effects"].items())
        yield (
            f"  {window!r}: open for {of_it['requests']} requests, {of_it['hit']} of them were hit"
            + f" ({by_effect})" * bool(by_effect)
        )


def _of_calls(records: Sequence[_Record]) -> dict[str, Any] | None:
    """The calls with the first and last faults, the most requests and the longest waits."""
    calls: dict[int, list[_Record]] = {}
    for record in records:
        if record["call"] >= 0:
            calls.setdefault(record["call"], []).append(record)
    if not calls:
        return None
    most = max(calls, key=lambda call: len(calls[call]))
    longest = max(calls, key=lambda call: _seconds(calls[call]))
    hit = [call for call, of_it in calls.items() if any(r["fault_effects"] for r in of_it)]
    pauses = [
        {"seconds": max(0.0, later["at"] - earlier["until"]), "call": call}
        for call, of_it in calls.items()
        for earlier, later in pairwise(of_it)
    ]
    return {
        "with_requests": len(calls),
        "with_planned_faults": len(hit),
        "first_with_a_fault": hit[0] if hit else None,
        "last_with_a_fault": hit[-1] if hit else None,
        "most_requests": {"call": most, "requests": len(calls[most])},
        "longest": {"call": longest, "seconds": _seconds(calls[longest])},
        "longest_pause": max(pauses, key=lambda p: (p["seconds"], p["call"]), default=None),
    }


def _worst(records: Sequence[_Record]) -> Iterator[str]:
    calls = _of_calls(records)
    if calls is None:
        return
    made, hit = calls["with_requests"], calls["with_planned_faults"]
    yield f"{made} calls made requests, and faults were planned for {hit} of them"
    if hit:
        first, last = calls["first_with_a_fault"], calls["last_with_a_fault"]
        yield f"  the first: call {first}; the last: call {last}"
    most, longest, pause = calls["most_requests"], calls["longest"], calls["longest_pause"]
    yield f"  most requests: call {most['call']} with {most['requests']}"
    yield f"  longest: call {longest['call']} with {describe(longest['seconds'])} of requests"
    if pause:
        length = describe(pause["seconds"])
        yield f"  longest pause between two requests: {length} in call {pause['call']}"


def _seconds(of_call: Sequence[_Record]) -> float:
    """Seconds from a call's first request to the end of its last reply."""
    return float(max(record["until"] for record in of_call) - of_call[0]["at"])


def _background(records: Sequence[_Record]) -> Iterator[str]:
    count = _without_a_call(records)
    if count:
        yield f"{count} requests belong to no call; they have the call number -1"


def _without_a_call(records: Sequence[_Record]) -> int:
    return sum(record["call"] < 0 for record in records)
