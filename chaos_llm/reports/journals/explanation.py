"""The explanation of a call's requests: which faults hit each of them, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos_llm.decisions.plan import INJECTED
from chaos_llm.durations import describe
from chaos_llm.errors import UsageError
from chaos_llm.reports.journals.file import JournalFile
from chaos_llm.reports.text import folded

_Record = Mapping[str, Any]

_EFFECTS = {
    "applied": "the fault {} was applied: it changed the reply",
    "no_effect": "the fault {} was planned and changed nothing",
    "unsupported": "the fault {} cannot be expressed in this format, so the healthy reply was sent",
    "masked": "the fault {} was masked by the fault before it, which had ended the reply",
}
_ENDS = {
    "complete": "complete",
    "closed": "closed too early",
    "reset": "reset",
    "refused": "no connection",
    "timeout": "ended by the client's own time-out",
    "abandoned": "closed by the client",
    "open": "still under way at the end",
}


def explain_call(journal: JournalFile, call: int, width: int = 100) -> str:
    """Explain each request of one call, in order; raises UsageError for a call without any."""
    of_call = _of_call(journal, call)
    made = "one request" if len(of_call) == 1 else f"{len(of_call)} requests"
    lines = [f"call {call} of user {of_call[0]['user']}{journal.source}: {made}"]
    for number, record in enumerate(of_call):
        lines += ["", *_request(journal, record, of_call[:number], width)]
    return "\n".join(lines)


def plain_call(journal: JournalFile, call: int) -> dict[str, Any]:
    """The same as plain values: the record of each request, and what the explanation says of it."""
    of_call = _of_call(journal, call)
    requests = [
        {**record, "explanation": list(_sentences(journal, record, of_call[:number]))}
        for number, record in enumerate(of_call)
    ]
    return {**about(journal), "call": call, "user": of_call[0]["user"], "requests": requests}


def about(journal: JournalFile) -> dict[str, Any]:
    """The profile and the seed of a journal; None for one without a first line."""
    return {name: journal.about.get(name) for name in ("profile", "seed")}


def _of_call(journal: JournalFile, call: int) -> list[_Record]:
    found = [record for record in journal.records if record["call"] == call]
    if not found:
        raise UsageError(f"call {call} made no request; {_known(journal)}")
    return found


def _known(journal: JournalFile) -> str:
    calls = sorted({record["call"] for record in journal.records if record["call"] >= 0})
    if not calls:
        return "no request of this journal belongs to a call; leave out CALL for a summary"
    return f"calls with requests have numbers from {calls[0]} to {calls[-1]}"


def _request(
    journal: JournalFile, record: _Record, before: Sequence[_Record], width: int
) -> Iterator[str]:
    took = describe(record["until"] - record["at"])
    status = record["status"] or "no status"
    model = f" ({record['model']})" if record.get("model") else ""
    head = f"#{record['n']} {journal.when(record['at'])} {record['provider']}{model}: {status}"
    yield from folded(f"{head}, {_ENDS.get(record['end'], record['end'])} after {took}.", width)
    for sentence in _sentences(journal, record, before):
        yield from folded(f"  {sentence}", width)


def _sentences(journal: JournalFile, record: _Record, before: Sequence[_Record]) -> Iterator[str]:
    """What there is to say of a request, after those of its call that came before."""
    for sentence in (
        *_relation(record, before),
        *_message(record),
        *_why(journal, record),
        *_effects(record),
    ):
        yield f"{sentence[:1].upper()}{sentence[1:]}."


def _relation(record: _Record, before: Sequence[_Record]) -> Iterator[str]:
    """How a request relates to the one before: a retry, a fallback or a next step."""
    if not before:
        return
    last = before[-1]
    pause = record["at"] - last["until"]
    when = f"{describe(pause)} after #{last['n']} had ended"
    if pause < 0:
        yield f"it began while #{last['n']} was under way"
    elif last["provider"] != record["provider"]:
        yield f"it went to another provider, {when}"
    elif (last["path"], last["model"]) != (record["path"], record["model"]):
        yield f"it went to another model or endpoint, {when}"
    elif last["answered"]:
        yield f"it is the next step of the call, {when}"
    else:
        wait = last.get("retry_after")
        hint = f"; the retry-after of #{last['n']} was {describe(wait)}" if wait else ""
        yield f"it is a retry, {when}{hint}"


def _message(record: _Record) -> Iterator[str]:
    if record["error_message"]:
        yield f"the message of the reply was {record['error_message']!r}"
    if record.get("broken_rule"):
        rule, reason = record["broken_rule"]
        yield (
            f"the provider's real API refuses this request, too, by the rule {rule!r}: {reason}; "
            "so the failure is on the app's side"
        )
    if record.get("silently_corrupted"):
        yield "the answer was silently corrupted, which no app can detect by itself"


def _why(journal: JournalFile, record: _Record) -> Iterator[str]:
    draws = record.get("draws", ())
    if not draws:
        yield record.get("why") or "no window was open for this request, so it was healthy"
    for window, drawn, share, fault in draws:
        if window == INJECTED:
            yield f"the test itself injected {fault}"
            continue
        hit = f"below it, so {fault} was planned" if fault else "so the request was not hit"
        yield (
            f"window {window!r} hit {_percent(share)} of such requests then; the random number was "
            f"{_percent(drawn)}, {hit}"
        )
        yield from _draw(journal, record, window)


def _draw(journal: JournalFile, record: _Record, name: str) -> Iterator[str]:
    """The key of a random number, and which requests share it."""
    window = journal.window(name)
    if not window:
        return
    seed, sticky_by, sticky_for = journal.about["seed"], window["sticky_by"], window["sticky_for"]
    epoch = int((record["at"] - window["opened"]) // sticky_for) if sticky_for else 0
    again = f", drawn again every {describe(sticky_for)} (draw {epoch + 1})" if sticky_for else ""
    shared = {
        "request": "of this request alone: " + _key(record),
        "session": f"shared by all requests of user {record['user']}",
        "credential": f"shared by all requests with credential {record['credential'] or '(none)'}",
        "client": "shared by all requests",
    }
    yield f"it is drawn from seed {seed} and this window, and is {shared[sticky_by]}{again}"


def _key(record: _Record) -> str:
    attempt = f"request {record['attempt'] + 1} to {record['provider']} {record['path']}"
    if record["call"] >= 0:
        return f"user {record['user']}, call {record['call']}, {attempt}"
    return f"no call, content {record['content']}, {attempt} with that content"


def _percent(part: float) -> str:
    return f"{part * 100:.1f} %".replace(".0 %", " %")


def _effects(record: _Record) -> Iterator[str]:
    for _window, fault, effect in record["fault_effects"]:
        yield _EFFECTS.get(effect, "the fault {}: " + effect).format(fault)
