"""No incomplete answer is shown to a user as a complete one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.shown_pieces import shows_broken_content
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.protocol.value_text import is_empty_result

_EXCERPT = 60  # letters of an answer that a finding quotes


@dataclass(frozen=True, repr=False)
class AnswersAreWhole(Check):
    """No call returns an answer that was cut off in transit, an empty answer, or an error message.

    Neither does it return an empty text, list or object in place of an error, the answer to another
    prompt, nor pieces of an answer: half an answer before a whole one, a value from JSON that broke
    off, or the result of a tool call whose arguments did. A call that raises, or returns None for a
    failed request, passes: its user can tell. None for an empty answer is not judged, because a
    library may have made it. Not applicable if every answer arrived complete. An answer that the
    provider itself shortened and marked as complete is a silent corruption, which no app can
    detect, and does not fail.
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
        unclear = [call for call in run.calls if _is_none_for_empty(run, call)]
        if unclear:
            return self.not_judged(
                f"{calls(len(unclear))} returned None for the provider's empty answer, first call "
                f"{unclear[0].number}; from outside this may be the app's sign of a failure, or "
                "what its library makes of an empty answer"
            )
        corrupted = len(run.corruption_shown)
        aside = f"; {calls(corrupted)} returned a silently corrupted one" if corrupted else ""
        return self.passed(f"no call returned an incomplete answer or an error message{aside}")


def _is_empty(run: Run, call: Call) -> bool:
    """Whether a call returned a provider's empty answer as if it were one."""
    if call.outcome != "failed" or call.error is not None or call.returned is None:
        return False
    return any(exchange.is_empty for exchange in run.evidence.of(call)[-1:])


def _hides_a_failure(run: Run, call: Call) -> bool:
    """Whether a call returned an empty result for a request that failed, and no healthy one did."""
    if not (call.outcome == "failed" or (call.inferred and call.outcome == "degraded")):
        return False
    if call.error is not None or not is_empty_result(call.returned):
        return False
    last = run.evidence.of(call)[-1:]
    shows = run.evidence.judges_text or run.evidence.always_shows_something
    return shows and any(e.failed and not e.is_empty for e in last)


def _is_none_for_empty(run: Run, call: Call) -> bool:
    if call.error is not None or call.returned is not None or call.outcome != "failed":
        return False
    return any(exchange.is_empty for exchange in run.evidence.of(call)[-1:])


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
    hidden = [call for call in run.calls if _hides_a_failure(run, call)]
    return {
        "an answer that had been cut off": truncated,
        "pieces of an answer that had been cut off, as if they were whole": [
            call for call in run.calls if _is_mixed(run, call)
        ],
        "an error message as an answer": errors,
        "the provider's empty answer": [call for call in run.calls if _is_empty(run, call)],
        "an empty text after a request that failed, as if it were the answer": [
            call for call in hidden if isinstance(call.returned, str)
        ],
        "an empty result after a request that failed, as if there were nothing to find": [
            call for call in hidden if not isinstance(call.returned, str)
        ],
        "the answer to another prompt": [c for c in run.calls if _is_another_calls(run, c)],
    }


def _seen(found: dict[str, list[Call]]) -> str:
    return "; ".join(
        f"{calls(len(group))} returned {what}, first call {group[0].number} ({_excerpt(group[0])})"
        for what, group in found.items()
        if group
    )


def _excerpt(call: Call) -> str:
    text = " ".join(call.text.split()) or repr(call.returned)
    # A reader sees only at its end that an answer was cut off.
    if call.outcome == "truncated" and len(text) > _EXCERPT:
        return repr(f"…{text[-_EXCERPT:]}")
    return repr(text[:_EXCERPT])
