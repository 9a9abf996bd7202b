"""Where a finding begins: the call, the provider that it asked, and the line that asked it."""

from __future__ import annotations

import re

from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.correlation import NO_CALL

_CALL = re.compile(r"\bcall (\d+)\b")
_SAME = 1e-6  # seconds; of times that are sums of others


def first_request(run: Run, at: float | None, words: str) -> str:
    """Name the first violation of a finding: "call 43 asked anthropic (...) at bot.py:24 in ask".

    `at` is the finding's time, `words` are its check and observation, which may name a provider and
    a call. Empty where no request and no call belongs to that time.
    """
    if at is None:
        return ""
    found = _request(run, at, words)
    if found is None:
        number = _call_at(run, at)
        return "" if number is None else f"call {number} sent no request"
    who = f"call {found.call}" if found.call != NO_CALL else "a request outside of all calls"
    model = f" ({found.model})" if found.model else ""
    line = _line_of(run, found)
    return f"{who} asked {found.provider}{model}" + (f" at {line}" if line else "")


def app_line(run: Run, at: float | None, words: str) -> str:
    """The line of the app's code that sent the first violation: "bot.py:24 in ask", or nothing."""
    found = None if at is None else _request(run, at, words)
    return "" if found is None else _line_of(run, found)


def _request(run: Run, at: float, words: str) -> Exchange | None:
    """The request of that time, of the named call and provider if there is one of those."""
    calls = {int(number) for number in _CALL.findall(words)}
    here = [e for e in run.exchanges if abs(e.at - at) < _SAME] or _of_call(run, at)
    return max(here, key=lambda e: (e.call in calls, e.provider in words, -e.number), default=None)


def _of_call(run: Run, at: float) -> list[Exchange]:
    """The first request of each call that began at that time."""
    calls = (call for call in run.calls if at in (call.began, call.due))
    return [exchange for call in calls for exchange in run.evidence.of(call)[:1]]


def _call_at(run: Run, at: float) -> int | None:
    return next((call.number for call in run.calls if at in (call.began, call.due)), None)


def _line_of(run: Run, exchange: Exchange) -> str:
    """The line that sent a request; lines of healthy requests are those of their failed likes."""
    if exchange.app_line:
        return exchange.app_line
    same = (e for e in run.to(exchange.provider) if e.app_line and e.model == exchange.model)
    return next((each.app_line for each in same), "")
