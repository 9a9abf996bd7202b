"""Why requests met what they met, in sentences, from a written journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos_llm.decisions.plan import INJECTED
from chaos_llm.durations import describe
from chaos_llm.errors import UsageError
from chaos_llm.reports.journals.file import JournalWriter
from chaos_llm.reports.text import folded

_Record = Mapping[str, Any]

_BECAME = {
    "applied": "the fault {} struck: it changed the reply",
    "no_effect": "the fault {} was planned and changed nothing",
    "unsupported": "the fault {} cannot be said in this format, so the clean reply was sent",
    "masked": "the fault {} was shadowed by the fault before it, which had ended the reply",
}
_ENDS = {
    "complete": "whole",
    "closed": "closed too early",
    "reset": "reset",
    "refused": "no connection",
    "timeout": "the client's own time-out ended it",
    "abandoned": "the client hung up",
    "open": "it was still under way at the end",
}


def explain_call(journal: JournalWriter, call: int, width: int = 100) -> str:
    """Each request of one call, in order; raises UsageError for a call without any."""
    mine = [record for record in journal.records if record["call"] == call]
    if not mine:
        raise UsageError(f"call {call} made no request; {_known(journal)}")
    made = "one request" if len(mine) == 1 else f"{len(mine)} requests"
    lines = [f"call {call} of user {mine[0]['user']}{journal.day}: {made}"]
    for number, record in enumerate(mine):
        lines += ["", *_request(journal, record, mine[:number], width)]
    return "\n".join(lines)


def _known(journal: JournalWriter) -> str:
    calls = sorted({record["call"] for record in journal.records if record["call"] >= 0})
    if not calls:
        return "no request of this journal belongs to a call; without CALL all are summed up"
    return f"those of this journal that did are between {calls[0]} and {calls[-1]}"


def _request(
    journal: JournalWriter, record: _Record, before: Sequence[_Record], width: int
) -> Iterator[str]:
    took = describe(record["until"] - record["at"])
    status = record["status"] or "no status"
    model = f" ({record['model']})" if record.get("model") else ""
    head = f"#{record['n']} {journal.when(record['at'])} {record['provider']}{model}: {status}"
    yield from folded(f"{head}, {_ENDS.get(record['end'], record['end'])} after {took}.", width)
    for sentence in (
        *_again(record, before),
        *_said(record),
        *_why(journal, record),
        *_became(record),
    ):
        yield from folded(f"  {sentence[:1].upper()}{sentence[1:]}.", width)


def _again(record: _Record, before: Sequence[_Record]) -> Iterator[str]:
    """Which request of its call this one repeats or stands in for."""
    if not before:
        return
    last = before[-1]
    pause = record["at"] - last["until"]
    when = f"{describe(pause)} after #{last['n']} had ended"
    if pause < 0:
        yield f"it began while #{last['n']} was under way"
    elif last["provider"] != record["provider"]:
        yield f"another provider was asked, {when}"
    elif (last["path"], last["model"]) != (record["path"], record["model"]):
        yield f"another model or endpoint was asked, {when}"
    elif last["answered"]:
        yield f"it is the next step of the call, {when}"
    else:
        asked_for = last.get("retry_after")
        told = f"; #{last['n']} had asked for {describe(asked_for)}" if asked_for else ""
        yield f"it is a retry, {when}{told}"


def _said(record: _Record) -> Iterator[str]:
    if record["said"]:
        yield f"the reply said {record['said']!r}"
    if record.get("broken_rule"):
        rule, reason = record["broken_rule"]
        yield (
            f"the provider's real API refuses that, too, by the rule {rule!r}: {reason}; so it is "
            "on the app's side"
        )
    if record.get("silently_corrupted"):
        yield "the answer was spoilt, and looked whole: no app can see that by itself"


def _why(journal: JournalWriter, record: _Record) -> Iterator[str]:
    draws = record.get("draws", ())
    if not draws:
        yield record.get("why") or "no window was open for this request, so it was healthy"
    for window, roll, share, fault in draws:
        if window == INJECTED:
            yield f"the test itself had injected {fault}"
            continue
        hit = f"below it, so {fault} was planned" if fault else "so the request was spared"
        yield (
            f"window {window!r} hit {_percent(share)} of such requests then; its die showed "
            f"{_percent(roll)}, {hit}"
        )
        yield from _die(journal, record, window)


def _die(journal: JournalWriter, record: _Record, name: str) -> Iterator[str]:
    """What the die was keyed by, and with whom the request shared it."""
    window = journal.window(name)
    if not window:
        return
    seed, per, sticky_for = journal.about["seed"], window["sticky_by"], window["sticky_for"]
    epoch = int((record["at"] - window["opened"]) // sticky_for) if sticky_for else 0
    again = f", thrown again every {describe(sticky_for)} (throw {epoch + 1})" if sticky_for else ""
    shared = {
        "request": "of this request alone: " + _key(record),
        "session": f"shared by all requests of user {record['user']}",
        "credential": f"shared by all requests with credential {record['credential'] or '(none)'}",
        "client": "shared by all requests",
    }
    yield f"that die is keyed by seed {seed} and this window, and is {shared[per]}{again}"


def _key(record: _Record) -> str:
    attempt = f"request {record['nth'] + 1} to {record['provider']} {record['path']}"
    if record["call"] >= 0:
        return f"user {record['user']}, call {record['call']}, {attempt}"
    return f"no call, what was asked ({record['content']}), {attempt} that asked it"


def _percent(part: float) -> str:
    return f"{part * 100:.1f} %".replace(".0 %", " %")


def _became(record: _Record) -> Iterator[str]:
    for _window, fault, effect in record["fault_effects"]:
        yield _BECAME.get(effect, "the fault {}: " + effect).format(fault)
