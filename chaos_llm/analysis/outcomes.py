"""The outcome of each call for its user, judged from outside the app.

The reference in a return value names the exchange that the answer came from, so fallbacks, caches
and the age of their answers are detected without help from the app. If the return values of healthy
calls carry no references, outcomes are inferred from the exchanges, and marked as inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chaos_llm.analysis.call import OUTCOMES, Call, Outcome
from chaos_llm.analysis.evidence import Evidence, belongs, model_of
from chaos_llm.analysis.shown_pieces import shows_broken_content
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal.journal import Exchange

_MIN_MESSAGE = 8  # characters; a shorter error message may occur in any text
# Letters and digits by which a piece is recognised; an apology may have the words of a question.
_PLAIN = 32
# Beginnings of the error messages of the vendors' SDKs, and of tracebacks.
_SDK_TEXTS = ("Error code: ", "Connection error.", "Request timed out", "Traceback (most recent")
_PYTHON_TEXTS = (  # of exceptions that an answer with unexpected fields leads to
    " object has no attribute '",
    " object is not subscriptable",
    "list index out of range",
    "Expecting value: line ",
)

Judge = Callable[[Any, str], "Outcome | bool"]


def judge(
    calls: Sequence[Call],
    evidence: Evidence,
    *,
    deadline: float,
    stale_after: float,
    decide: Judge | None = None,
) -> None:
    """Set the outcome of these calls; `decide` overrides it for calls that returned a value."""
    for call in calls:
        if call.outcome == "missed":
            continue
        if decide is not None and call.error is None:
            call.outcome = _decided(decide(call.returned, call.prompt), call, evidence, stale_after)
        else:
            call.outcome = _outcome(call, evidence, stale_after)
        evidence.remember(call)
        if call.answered and call.seconds > deadline:
            call.outcome = "late"


def _outcome(call: Call, evidence: Evidence, stale_after: float) -> Outcome:
    if call.error is not None:
        return "failed"
    source = evidence.source(call)
    if shows_broken_content(call, evidence):
        return "corrupted"
    if source is not None:
        return _from_source(call, source, evidence, stale_after)
    return _without_source(call, evidence, stale_after)


def _without_source(call: Call, evidence: Evidence, stale_after: float) -> Outcome:
    """Judge a return value that no answer of the run is known to be in."""
    if _shows_an_error(call, evidence):
        return "error_text"
    if apologises_for_an_answer(call, evidence):
        return "degraded"
    if evidence.never_shows_references or _had_no_reference(call, evidence):
        return _inferred(call, evidence, stale_after)
    return _without_reference(call, evidence) if evidence.judges_text else "unjudged"


def _from_source(call: Call, source: Exchange, evidence: Evidence, stale_after: float) -> Outcome:
    if belongs(source, call):
        return _by(source, call, evidence)
    token_of = evidence.token_of(source)
    if token_of and call.token and token_of != call.token:
        return "corrupted"  # the answer to another call
    return _cached(call, source.until, stale_after)


def _by(source: Exchange, call: Call, evidence: Evidence) -> Outcome:
    """Primary, unless no primary provider answered, or another one failed in the call before."""
    before = [e for e in evidence.of(call) if e.number < source.number and e.until <= source.at]
    others = {model_of(e): e for e in before if _steps_in_for(source, e, evidence)}
    failed_over = any(last.failed for last in others.values())
    is_primary = source.provider in evidence.primaries
    stands_in = failed_over or evidence.is_stand_in(model_of(source))
    return "primary" if is_primary and not stands_in else "fallback"


def _steps_in_for(source: Exchange, earlier: Exchange, evidence: Evidence) -> bool:
    """Whether an answer came from another provider, or another model of the same one.

    A model that healthy calls ask, but whose answers they do not return, is a step before the
    answer: a classifier, say.
    """
    if earlier.provider != source.provider:
        return True
    return earlier.model != source.model and model_of(earlier) in evidence.primary_models


def _cached(call: Call, since: float, stale_after: float) -> Outcome:
    call.age = call.ended - since
    return "cached" if call.age <= stale_after else "stale"


def _without_reference(call: Call, evidence: Evidence) -> Outcome:
    """Judge a return value that should carry a reference but carries none."""
    if not call.text.strip() or _has_empty_answer(call, evidence):
        return "failed"
    return "truncated" if _is_cut_short(call, evidence) else "degraded"


def _has_empty_answer(call: Call, evidence: Evidence) -> bool:
    """Whether a returned object holds an empty answer: names and ids, but no sentence."""
    last = _concluding(call, evidence)
    if last is None or not last.is_empty or isinstance(call.returned, str):
        return False
    return " " not in call.text


def _is_cut_short(call: Call, evidence: Evidence) -> bool:
    """Whether the text is the beginning of an answer that broke off or was corrupted."""
    broken = [e for e in evidence.of(call) if e.failed or e.silently_corrupted]
    openings = [exchange.opening for exchange in broken if exchange.opening]
    text = call.text.strip()
    if any(opening in text or opening.startswith(text) for opening in openings):
        return True
    plain = _plain(text)  # of an app that returns words, capitals or markup
    pieces = (_plain(e.sent_content.sent)[:_PLAIN] for e in broken if e.sent_content is not None)
    return any(len(piece) == _PLAIN and piece in plain for piece in pieces)


def _plain(text: str) -> str:
    """The letters and digits of a text in lower case."""
    return "".join(filter(str.isalnum, text.casefold()))


def _had_no_reference(call: Call, evidence: Evidence) -> bool:
    """Whether the last answer had no reference: one chosen by the test, or a tool call."""
    last = _concluding(call, evidence)
    return last is not None and last.ok and not last.reference and not last.applied


def _inferred(call: Call, evidence: Evidence, stale_after: float) -> Outcome:
    """Judge by the exchanges alone, as if the call returned the answer of its last one."""
    call.inferred = True
    last = _concluding(call, evidence)
    if call.is_blank and (evidence.returns_something or _loses_an_answer(call, last)):
        return "failed"
    if last is not None and last.ok and not last.is_empty:
        return _by(last, call, evidence)
    earlier = None if call.is_blank and last is not None else evidence.cached_result_for(call)
    if earlier is not None:
        return _cached(call, earlier.ended, stale_after)
    if last is None and evidence.reference_rate is None:
        return "degraded" if call.text in evidence.apologies else "unjudged"
    return "failed" if call.is_blank else "degraded"


def apologises_for_an_answer(call: Call, evidence: Evidence) -> bool:
    """Whether a call returned an apology of the app's own although its provider had answered.

    An answer without a reference may be an apology itself, which the test has chosen.
    """
    if call.error is not None or call.text not in evidence.apologies:
        return False
    last = _concluding(call, evidence)
    return last is not None and last.ok and bool(last.reference) and not last.applied


def _loses_an_answer(call: Call, last: Exchange | None) -> bool:
    """Whether a call returned an empty text although the provider sent one that is not empty."""
    was_answered = last is not None and last.ok and bool(last.reference)
    return was_answered and call.returned is not None


def _concluding(call: Call, evidence: Evidence) -> Exchange | None:
    """The last exchange that a call waited for; of parallel ones, one with an answer."""
    settled = [exchange for exchange in evidence.of(call) if exchange.ok or exchange.failed]
    last = next(reversed(settled), None)
    if last is None:
        return None
    if not last.ok:
        return next((e for e in reversed(settled) if e.ok and e.until > last.at), last)
    raced = [e for e in settled if (e.at, e.until) == (last.at, last.until) and not e.is_empty]
    if all(e.ok for e in settled):  # parallel answers at one time, nothing failed: the primary's
        return next((e for e in raced if e.provider in evidence.primaries), last)
    return last


def _shows_an_error(call: Call, evidence: Evidence) -> bool:
    failed = [exchange for exchange in evidence.of(call) if not exchange.ok]
    if any(len(e.error_message) >= _MIN_MESSAGE and e.error_message in call.text for e in failed):
        return True
    if failed and any(text in call.text for text in _SDK_TEXTS):
        return True
    hit = any(e.failed or e.effects for e in evidence.of(call))
    if hit and any(text in call.text for text in _PYTHON_TEXTS):
        return True
    return evidence.is_known_error_text(call.text)


def _decided(verdict: object, call: Call, evidence: Evidence, stale_after: float) -> Outcome:
    if verdict is False:
        return "failed"
    if verdict is True:
        return _source_of_answer(call, evidence, stale_after)
    if isinstance(verdict, str):
        known = next((outcome for outcome in OUTCOMES if outcome == verdict), None)
        if known is None:
            raise UnknownName("outcome", verdict, OUTCOMES)
        return known
    message = f"outcome= returns True, False or the name of an outcome; got {verdict!r}"
    raise UsageError(message)


def _source_of_answer(call: Call, evidence: Evidence, stale_after: float) -> Outcome:
    """The outcome of a call that `outcome=` calls answered: which provider or cache answered it."""
    source = evidence.source(call)
    if source is not None and not belongs(source, call):
        return _cached(call, source.until, stale_after)
    if source is None:
        source = next((e for e in reversed(evidence.of(call)) if e.ok), None)
    return "cached" if source is None else _by(source, call, evidence)
