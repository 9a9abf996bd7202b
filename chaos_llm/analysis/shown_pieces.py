"""What a call shows of answers that broke off: pieces of two of them, cut values, torn tool calls.

The journal keeps the content of answers in calls that met a fault. Nothing is inferred from how a
text looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.journal.journal import Exchange
from chaos_llm.journal.sent_content import SentContent
from chaos_llm.protocol.tool_history import canonical
from chaos_llm.protocol.value_text import scalars_of

_PIECE = 30  # letters by which a piece is recognised: healthy answers begin alike for about 20
_FEW = 3  # letters; fewer are no piece
_DISTINCT = 8  # letters behind the common beginning of two answers
_FILLERS = ("", 0)  # what lenient readers put in the place of a value that did not come


class TornToolCall(NamedTuple):
    """A tool call whose arguments broke off, and what was sent of them."""

    exchange: Exchange
    content: SentContent


def shows_broken_content(call: Call, evidence: Evidence) -> bool:
    """Whether a call returned, or acted on, pieces of an answer that did not arrive whole."""
    if not any(exchange.sent_content is not None for exchange in evidence.of(call)):
        return False
    if shows_two_answers(call, evidence) or shows_cut_values(call, evidence):
        return True
    torn = torn_tool_calls(call, evidence)
    return any(acted_on(each, call, evidence) is not None for each in torn)


def shows_two_answers(call: Call, evidence: Evidence) -> bool:
    """Whether a text has a piece of an answer that broke off beside another answer."""
    contents = (exchange.sent_content for exchange in evidence.own_sources(call))
    whole = [content.whole for content in contents if content is not None]
    if not whole:
        return False
    rest = call.text
    for text in whole:
        rest = rest.replace(text, "\n")
    return any(
        _is_in(content, rest) or _is_stitched(content, whole, call.text)
        for content in _broken_contents(call, evidence)
    )


def _is_in(content: SentContent, rest: str) -> bool:
    piece = content.sent[:_PIECE].strip()
    return len(piece) >= _FEW and piece in rest


def _is_stitched(content: SentContent, whole: list[str], text: str) -> bool:
    """Whether a text has the beginning of a broken answer, which no whole answer of it has."""
    sent = content.sent
    if any(each in text for each in whole):
        return False
    common = max(_common_beginning(sent, each) for each in whole)
    piece = sent[: common + _DISTINCT]
    return len(piece) >= common + _FEW and piece.strip() in text


def _common_beginning(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def shows_cut_values(call: Call, evidence: Evidence) -> bool:
    """Whether a returned value was read from JSON that broke off, and is not whole."""
    last = evidence.last_settled(call)
    if last is None or (last.ok and not last.silently_corrupted):
        return False
    content = last.sent_content
    if content is None or content.is_readable_json or content.values() is None:
        return False
    shown = list(scalars_of(call.returned))
    if any(content.is_cut(value) for value in shown):
        return True
    is_filled = any(value in _FILLERS for value in shown)
    is_part = is_filled or len(shown) < evidence.fewest_values
    return is_part and any(map(content.derives, shown)) and _is_read_from(content, shown)


def torn_tool_calls(call: Call, evidence: Evidence) -> Iterator[TornToolCall]:
    """The tool calls of a call whose arguments did not arrive whole, as its app can see."""
    for exchange in evidence.of(call):
        content = exchange.sent_content
        if content is None or not content.tool or content.sent in ("", content.whole):
            continue
        if not content.is_readable_json:
            yield TornToolCall(exchange, content)


def acted_on(torn: TornToolCall, call: Call, evidence: Evidence) -> Exchange | None:
    """The request that reports a result of a torn tool call, as if it had been whole."""
    later = [e for e in evidence.of(call) if e.number > torn.exchange.number]
    contents = (exchange.sent_content for exchange in evidence.of(call))
    whole = {canonical(each.whole) for each in contents if each is not None and each.tool}
    for exchange in later:
        for reported in exchange.reported_tool_calls:
            same_tool = reported.name == torn.content.tool and reported.was_run
            if same_tool and reported.arguments not in whole and _is_torn(reported.arguments, torn):
                return exchange
    return None


def _is_torn(arguments: str, torn: TornToolCall) -> bool:
    """Whether arguments are what a lenient reader makes of those that were sent."""
    try:
        parsed = json.loads(arguments)
    except ValueError:
        return torn.content.sent.startswith(arguments)
    return _is_read_from(torn.content, list(scalars_of(parsed)))


def _is_read_from(content: SentContent, values: list[str | float]) -> bool:
    """Whether a lenient reader may have made these values of the content that was sent."""
    return all(value in _FILLERS or content.derives(value) for value in values)


def _broken_contents(call: Call, evidence: Evidence) -> Iterator[SentContent]:
    for exchange in evidence.of(call):
        content = exchange.sent_content
        if content is None or content.tool or exchange.ok or evidence.reached(exchange):
            continue
        yield content
