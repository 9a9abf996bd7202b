"""Cuts an answer at the limits of its request: stop sequences and the maximum of tokens."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.protocol.messages import Completion, Request, ToolCall

LETTERS_PER_TOKEN = 4  # an estimate without a tokenizer, as the vendors' documentation gives it


def within_limits(answer: Completion, request: Request) -> Completion:
    """Cut an answer at the first stop sequence of its request, and at its limit of tokens.

    Reasoning tokens count against the limit, at all vendors: if they use it up, the text is empty.
    """
    if request.stop_sequences and answer.text:
        answer = _before_stop_sequence(answer, request.stop_sequences)
    limit = request.max_tokens
    if limit is None or limit < 0 or answer.usage.output_tokens <= limit:
        return answer
    reasoning = min(answer.usage.reasoning_tokens, limit)
    usage = replace(answer.usage, output_tokens=limit, reasoning_tokens=reasoning)
    letters = (limit - reasoning) * LETTERS_PER_TOKEN
    calls = _cut_calls(answer.tool_calls, letters)
    text = "" if answer.tool_calls else answer.text[:letters]
    cut = replace(answer, text=text, tool_calls=calls, stop="length", usage=usage)
    return replace(cut, stop_sequence=None)


def tokens_of(text: str) -> int:
    """Estimate the number of tokens in a text from its letters."""
    return -(-len(text) // LETTERS_PER_TOKEN)


def _before_stop_sequence(answer: Completion, sequences: tuple[str, ...]) -> Completion:
    found = [(answer.text.find(each), each) for each in sequences if each and each in answer.text]
    if not found:
        return answer
    position, sequence = min(found)
    text = answer.text[:position]
    tokens = tokens_of(text) + answer.usage.reasoning_tokens
    usage = replace(answer.usage, output_tokens=tokens)
    return replace(answer, text=text, usage=usage, stop_sequence=sequence)


def _cut_calls(calls: tuple[ToolCall, ...], letters: int) -> tuple[ToolCall, ...]:
    """Keep the calls that fit, cut the arguments of the next one, and drop the rest."""
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
