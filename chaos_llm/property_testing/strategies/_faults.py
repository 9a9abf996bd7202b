"""Strategies for faults with valid arguments; the simplest faults come first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import NamedTuple

from hypothesis.strategies import SearchStrategy

from chaos_llm import faults as made
from chaos_llm.errors import UsageError
from chaos_llm.faults import FAULTS
from chaos_llm.faults.fault import Fault
from chaos_llm.property_testing.strategies._arguments import Faults, names, yes_or_no
from chaos_llm.property_testing.strategies._choices import row
from chaos_llm.property_testing.strategies._named import named

# Families of faults with similar consequences, the simplest first. A fault is drawn with two
# choices, its family and its place in it. Hypothesis shrinks each on its own, and so gets from a
# rare fault to a simpler one of the same family; in one long list of faults it would not.
_FAMILIES: tuple[tuple[Fault, ...], ...] = (
    (  # the provider reports an error
        made.server_error(),
        made.overloaded(),
        *(made.server_error(status) for status in (502, 503, 504)),
    ),
    tuple(made.rate_limited(retry_after=seconds) for seconds in (20, 1, 60, 600, 3600, None)),
    (
        made.wrong_refusal(),
        made.auth_expired(),
        made.insufficient_quota(),
        made.context_length_exceeded(),
        made.content_filtered(of="prompt"),
        made.model_retired(),
        made.invalid_grant(),
    ),
    (  # it is slow
        *(made.hang(seconds) for seconds in (None, 1, 10, 60, 600)),
        *(made.latency(seconds=seconds) for seconds in (1, 10, 60, 600)),
        made.buffered_stream(),
        made.stuck_batch(),
    ),
    (  # it cannot be reached
        made.refuse_connection(),
        made.reset_connection(),
        made.connect_timeout(),
        made.dns_failure(),
        made.tls_failure(),
        made.reset_reused_connection(),
    ),
    (made.html_error_page(), made.html_error_page(503), made.challenge_page(), made.envoy_503()),
    (  # the reply cannot be parsed, or is not what was asked for
        made.empty_body(),
        made.short_body(),
        made.invalid_json(),
        made.html_in_200(),
        made.error_in_200(),
        made.wrong_content_type(),
        made.still_gzipped(),
        made.tool_call_as_text(),
        made.other_model(),
        made.other_dimensions(),
    ),
    (  # the stream breaks or stalls
        made.cut_stream(),
        made.cut_stream(by="end"),
        made.cut_stream(by="reset"),
        made.missing_terminal_event(),
        made.error_mid_stream(),
        made.error_mid_stream(after=0.0),
        *(made.stall_mid_stream(seconds=seconds) for seconds in (None, 10, 60, 600)),
        made.ping_only(),
        made.half_event(),
        made.malformed_chunk(),
        *(made.slow_first_token(seconds) for seconds in (1, 10, 60, 600)),
        *(made.slow_tokens(seconds) for seconds in (1, 10)),
    ),
    (made.close_session(), *(made.session_limit(seconds) for seconds in (60, 600))),
    (  # the answer is unusual
        made.empty_answer(),
        made.refusal(),
        made.truncated_answer(admits=True),
        made.truncated_answer(),
        made.missing_usage(),
        made.content_filtered(),
        made.lost_signature(),
    ),
)
_OF_WEBSOCKETS = ("close_session", "session_limit")  # of no effect on an app that speaks HTTP


class FaultChoices(NamedTuple):
    """The options of the two choices of a fault: its family, and its place in it."""

    families: Sequence[tuple[Fault, ...]]
    places: Sequence[int]

    def fault(self, family: tuple[Fault, ...], place: int) -> Fault:
        """The fault of two choices; in a smaller family the place counts modulo its size."""
        return family[place % len(family)]


def faults(only: Iterable[str] | None = None, *, silent: bool = False) -> SearchStrategy[Fault]:
    """Draw a fault, or one of those that `only` names; shrinks to a plain HTTP 500.

    With `silent` also faults behind a valid HTTP 200, which no app can detect without evaluating
    the content. Faults of websockets alone are drawn only if `only` names them. Raises UnknownName
    for an unknown name.
    """
    yes_or_no("silent", silent)
    if only is None:
        visible = _filtered(lambda fault: _is_usual(fault) and (silent or not fault.silent))
        return named(faults, _one_of(visible), silent=silent)
    wanted = names("faults", only, _known())
    return named(faults, _one_of(_with_names(wanted)), list(wanted), silent=silent)


def fault_choices(given: Faults) -> FaultChoices | SearchStrategy[Fault]:
    """The faults of an argument: a strategy, or names and faults; None is all but silent ones."""
    if given is None:
        return _choices(_filtered(lambda fault: _is_usual(fault) and not fault.silent))
    if isinstance(given, SearchStrategy):
        return given
    if isinstance(given, str | Fault):
        raise UsageError(f"faults= is a list or a strategy; write faults=[{given!r}]")
    listed = list(given)
    if not listed:
        raise UsageError("faults= is empty: there is nothing to draw")
    return _choices([family for each in listed for family in _families_of(each)])


def _families_of(given: object) -> list[tuple[Fault, ...]]:
    if isinstance(given, Fault):
        return [(given,)]
    if isinstance(given, str):
        return _with_names([given])
    message = f"faults= holds names and faults, as in ['overloaded', hang(20)]; got {given!r}"
    raise UsageError(message)


def _is_usual(fault: Fault) -> bool:
    return fault.name not in _OF_WEBSOCKETS


def _known() -> dict[str, None]:
    return dict.fromkeys(fault.name for family in families() for fault in family)


def _with_names(wanted: Iterable[str]) -> list[tuple[Fault, ...]]:
    """The faults with these names, in families; the simplest first."""
    chosen = names("faults", wanted, _known())
    return _filtered(lambda fault: fault.name in chosen)


def _filtered(wanted: Callable[[Fault], bool]) -> list[tuple[Fault, ...]]:
    chosen = (tuple(filter(wanted, family)) for family in families())
    return [family for family in chosen if family]


def _choices(chosen: Sequence[tuple[Fault, ...]]) -> FaultChoices:
    return FaultChoices(chosen, range(max(map(len, chosen))))


def _one_of(chosen: Sequence[tuple[Fault, ...]]) -> SearchStrategy[Fault]:
    choices = _choices(chosen)
    return row(*choices).map(lambda drawn: choices.fault(*drawn))


@cache
def families() -> tuple[tuple[Fault, ...], ...]:
    """All faults in families; those in no list above come at the end of the last family."""
    listed = {fault.name for family in _FAMILIES for fault in family}
    rest = [
        kind() for name, kind in FAULTS.items() if name not in listed and _has_only_defaults(kind)
    ]
    return (*_FAMILIES[:-1], (*_FAMILIES[-1], *rest))


def _has_only_defaults(kind: type[Fault]) -> bool:
    return all(
        field.default is not MISSING or field.default_factory is not MISSING
        for field in fields(kind)
    )
