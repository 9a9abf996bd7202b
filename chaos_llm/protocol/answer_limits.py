"""What the limits of a request leave of an answer: its stop sequences and its most tokens."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.protocol.messages import Completion, Request, ToolCall

LETTERS_PER_TOKEN = 4  # without a tokenizer: what vendors' documentation calls roughly right


def within_limits(answer: Completion, request: Request) -> Completion:
    """Cut an answer where a stop sequence or the limit of tokens of its request ends it.

    Tokens of thinking count against the limit, as at all vendors: if they use it up, the answer is
    empty.
    """
    if request.stop_sequences and answer.text:
        answer = _before_stop_sequence(answer, request.stop_sequences)
    limit = request.max_tokens
    if limit is None or limit < 0 or answer.usage.output_tokens <= limit:
        return answer
    thought = min(answer.usage.reasoning_tokens, limit)
    usage = replace(answer.usage, output_tokens=limit, reasoning_tokens=thought)
    letters = (limit - thought) * LETTERS_PER_TOKEN
    calls = _cut_calls(answer.tool_calls, letters)
    text = "" if answer.tool_calls else answer.text[:letters]
    cut = replace(answer, text=text, tool_calls=calls, stop="length", usage=usage)
    return replace(cut, stop_sequence=None)


def tokens_of(text: str) -> int:
    """Count the tokens of a text, by its letters."""
    return -(-len(text) // LETTERS_PER_TOKEN)


def _before_stop_sequence(answer: Completion, sequences: tuple[str, ...]) -> Completion:
    found = [(answer.text.find(each), each) for each in sequences if each and each in answer.text]
    if not found:
        return answer
    place, sequence = min(found)
    text = answer.text[:place]
    said = tokens_of(text) + answer.usage.reasoning_tokens
    usage = replace(answer.usage, output_tokens=said)
    return replace(answer, text=text, usage=usage, stop_sequence=sequence)


def _cut_calls(calls: tuple[ToolCall, ...], letters: int) -> tuple[ToolCall, ...]:
    """Keep the calls that fit; the next one's arguments stop in the middle, the rest never come."""
    kept = []
    for call in calls:
        size = len(call.name) + len(call.arguments)
        if size <= letters:
            kept.append(call)
            letters -= size
            continue
        if letters > len(call.name):
            arguments = call.arguments[: letters - len(call.name)]
            kept.append(replace(call, arguments=arguments, cut=True))
        break
    return tuple(kept)
