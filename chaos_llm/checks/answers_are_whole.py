"""No incomplete answer is shown to a user as a complete one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.healthy_shape import Notice
from chaos_llm.analysis.missing_parts import PartialAnswers, partial_answers
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.shown_pieces import shows_broken_content
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.protocol.value_text import is_empty_result

_EXCERPT = 60  # letters of an answer that a finding quotes


@dataclass(frozen=True, repr=False)
class AnswersAreWhole(Check):
    """No call returns an answer that was cut off in transit, an empty answer, or an error message.

    Neither does it return the answer to another prompt, nor pieces of an answer: half an answer
    before a whole one, a value from JSON that broke off, the result of a tool call with arguments
    that did, or some parts of an answer without saying that another part failed. Nor does it
    return an empty text, list or object in place of an error or of JSON that broke off. A result is
    empty, too, that differs from healthy ones by an empty field only: `{"status": "ok", "data":
    []}`. A call that raises, returns None for a failed request, or says what no healthy call says
    (`{"status": "degraded", "data": []}`), passes: its user can tell.

    Not judged are None for an empty answer, because a library may have made it, an empty result if
    calls that had their answer returned the same, and missing parts if one part was never left out,
    because the others may be optional, or if a field is missing by its name, which a caller can
    notice. Not applicable if every answer arrived complete. An answer that the provider itself
    shortened and marked as complete is a silent corruption, which no app can detect, and does not
    fail.
    """

    why: ClassVar[str] = (
        "half an answer that looks complete is worse than none: the user has no reason to try again"
    )

    def __call__(self, run: Run) -> Finding:
        found = _by_kind(run)
        if any(found.values()):
            first = min(call.began for group in found.values() for call in group)
            return self.failed(_seen(found), first)
        if not any(exchange.failed or exchange.is_empty for exchange in run.api):
            return self.not_applicable("every answer arrived complete")
        if not run.evidence.judges_text:
            return self.not_judged(_without_answers(run))
        if unclear := _unclear(run):
            return self.not_judged(unclear)
        corrupted = len(run.corruption_shown)
        aside = f"; {calls(corrupted)} returned a silently corrupted one" if corrupted else ""
        return self.passed(f"no call returned an incomplete answer or an error message{aside}")


def _is_empty(run: Run, call: Call) -> bool:
    """Whether a call returned a provider's empty answer as if it were one."""
    if not _ends_empty(run, call) or call.returned is None:
        return False
    return not _notice(run, call) or _looks_healthy(run, call)


def _is_none_for_empty(run: Run, call: Call) -> bool:
    if not _ends_empty(run, call) or _looks_healthy(run, call):
        return False
    return call.returned is None or _notice(run, call) == "none"


def _ends_empty(run: Run, call: Call) -> bool:
    """Whether the last answer to a call was empty, and so is what the call returned."""
    if call.error is not None or not any(e.is_empty for e in run.evidence.of(call)[-1:]):
        return False
    return call.outcome == "failed" or _looks_healthy(run, call)


def _notice(run: Run, call: Call) -> Notice:
    """Whether a value without an answer says that it has none."""
    if is_empty_result(call.returned):
        return ""
    shape = run.evidence.healthy_shape
    return shape.notice_in(call) if shape.is_known else "none"


def _looks_healthy(run: Run, call: Call) -> bool:
    """Whether a value is as healthy ones, but for an empty place where each of them has more."""
    return call.outcome in ("failed", "degraded") and run.evidence.healthy_shape.is_hollow(call)


def _hides_a_failure(run: Run, call: Call) -> bool:
    """Whether a call returned an empty result for a request that failed, and no healthy one did."""
    if not any(e.failed and not e.is_empty for e in run.evidence.of(call)[-1:]):
        return False
    return _shows_nothing(run, call)


def _shows_nothing(run: Run, call: Call) -> bool:
    if call.error is not None or not is_empty_result(call.returned):
        return _looks_healthy(run, call)
    is_bad = call.outcome == "failed" or (call.inferred and call.outcome == "degraded")
    return is_bad and (run.evidence.judges_text or run.evidence.always_shows_something)


def _hides_cut_json(run: Run, call: Call) -> bool:
    """Whether a call returned an empty result for JSON that had been cut, so that none reads it."""
    for last in run.evidence.of(call)[-1:]:
        content = last.sent_content
        if not (last.ok and last.silently_corrupted) or content is None or content.tool:
            continue
        if content.values() is not None and not content.is_readable_json:
            return is_empty_result(call.returned) or _looks_healthy(run, call)
    return False


def _unclear(run: Run) -> str:
    """What calls returned of which it is not known whether it says that something failed."""
    nones = [call for call in run.calls if _is_none_for_empty(run, call)]
    if nones:
        return (
            f"{calls(len(nones))} returned None for the provider's empty answer, first call "
            f"{nones[0].number}; from outside this may be the app's sign of a failure, or "
            "what its library makes of an empty answer"
        )
    empty = [call for group in _empty_results(run, doubtful=True).values() for call in group]
    if empty:
        return (
            f"{calls(len(empty))} returned an empty result without an answer, first call "
            f"{empty[0].number} ({_excerpt(empty[0])}), and so did calls that had their whole "
            "answer"
        )
    if partial := partial_answers(run.calls, run.evidence).found:
        return (
            f"{calls(len(partial))} returned some of the answers that a healthy call returns, and "
            f"nothing about the others, which had failed, first call {partial[0].call.number}; "
            "from outside it is not known whether these are optional, or are missed by a caller"
        )
    return ""


def _is_sometimes_empty(run: Run) -> bool:
    """Whether a call that had its whole answer returned as little as those that hide a failure."""
    return any(
        run.evidence.healthy_shape.is_hollow(call)
        for call in run.calls
        if (of_call := run.evidence.of(call)) and all(e.ok and not e.effects for e in of_call)
    )


def _without_answers(run: Run) -> str:
    """Why nothing can be said about an app whose return values have no answers in them."""
    if run.evidence.never_shows_anything:
        first = run.evidence.healthy[0]
        return (
            f"every healthy call returned {_excerpt(first)} or the like, although its answer had "
            "arrived, so a call that failed looks the same; see outcome="
        )
    return (
        "the app's return values do not contain the answers, so an incomplete one cannot be "
        "recognised; see outcome="
    )


def _is_mixed(run: Run, call: Call) -> bool:
    """Whether a call returned pieces of an answer of its own that did not arrive whole."""
    return call.outcome == "corrupted" and shows_broken_content(call, run.evidence)


def _is_another_calls(run: Run, call: Call) -> bool:
    """Whether a call returned the answer to another prompt, as from a cache with too wide a key."""
    if call.outcome != "corrupted" or not call.token or run.evidence.own_sources(call):
        return False
    source = run.evidence.source(call)
    return source is not None and run.evidence.token_of(source) not in ("", call.token)


def _by_kind(run: Run) -> dict[str, list[Call]]:
    """The calls that returned what is no whole answer, by the words for what it was."""
    truncated = [c for c in run.calls if c.outcome == "truncated" and run.was_truncated(c)]
    errors = [call for call in run.calls if call.outcome == "error_text"]
    return {
        "an answer that had been cut off": truncated,
        "pieces of an answer that had been cut off, as if they were whole": [
            call for call in run.calls if _is_mixed(run, call)
        ],
        "an error message as an answer": errors,
        **_empty_texts(run),
        **_empty_results(run, doubtful=False),
        **_parts(partial_answers(run.calls, run.evidence)),
        "the answer to another prompt": [c for c in run.calls if _is_another_calls(run, c)],
    }


def _parts(partial: PartialAnswers) -> dict[str, list[Call]]:
    if not partial.is_any_part_left_out:
        return {}
    what = f"only some of the {partial.parts} answers of a healthy call, as if they were all"
    return {what: [part.call for part in partial.found if not part.names_the_rest]}


def _empty_texts(run: Run) -> dict[str, list[Call]]:
    texts = [call for call in run.calls if _is_blank(call)]
    return {
        "the provider's empty answer": [call for call in texts if _is_empty(run, call)],
        "an empty text after a request that failed, as if it were the answer": [
            call for call in texts if _hides_a_failure(run, call)
        ],
    }


def _is_blank(call: Call) -> bool:
    return isinstance(call.returned, str) and not call.returned.strip()


def _empty_results(run: Run, *, doubtful: bool) -> dict[str, list[Call]]:
    """The calls with empty results, if it is in doubt, or is not, that these hide a failure."""
    results = [call for call in run.calls if not _is_blank(call)]
    found = {
        "the provider's empty answer, as a result": [c for c in results if _is_empty(run, c)],
        "an empty result after a request that failed, as if there were nothing to find": [
            call for call in results if _hides_a_failure(run, call)
        ],
        "an empty result for JSON that had been cut off, as if there were nothing to find": [
            call for call in results if _hides_cut_json(run, call)
        ],
    }
    return found if any(found.values()) and _is_sometimes_empty(run) is doubtful else {}


def _seen(found: dict[str, list[Call]]) -> str:
    return "; ".join(
        f"{calls(len(group))} returned {what}, first call {group[0].number} ({_excerpt(group[0])})"
        for what, group in found.items()
        if group
    )


def _excerpt(call: Call) -> str:
    text = " ".join(call.text.split())
    if not text or isinstance(call.returned, dict):
        text = repr(call.returned)  # where its texts stand tells what is missing
    # A reader sees only at its end that an answer was cut off.
    if call.outcome == "truncated" and text != repr(call.returned) and len(text) > _EXCERPT:
        return repr(f"…{text[-_EXCERPT:]}")
    return repr(text[:_EXCERPT])
