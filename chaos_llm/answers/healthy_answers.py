"""The answers of a healthy provider: a short natural text that echoes the prompt's markers.

    "Your order KX-48213: {two or three sentences} Reference R7-20931-K."

The markers of the prompt come first and the reference last, so that an answer that was cut short
still shows to which prompt it belongs, and no longer that it is whole.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from chaos_llm.answers import json_schema
from chaos_llm.errors import UsageError
from chaos_llm.protocol.answer_limits import tokens_of, within_limits
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, spell_reference
from chaos_llm.protocol.messages import (
    Completion,
    Reasoning,
    Refusal,
    Request,
    Tool,
    ToolCall,
    Usage,
)

_POOL = 64
_STEP = 7  # under half of the kinds of sentences
_SENTENCES = (
    "{{first_name}} from our {{city}} office checked it this morning and all of it is in order.",
    "The parcel left the warehouse in {{city}} and travels on to {{city}} by road.",
    "You can change the delivery address until {{first_name}} closes the list in the evening.",
    "A copy of the invoice goes to {{first_name}} {{last_name}} with the next post.",
    "We keep it at the {{street_name}} branch for two weeks.",
    "{{last_name}} & {{last_name}} deliver between nine and noon.",
    "Please have your papers at hand when {{first_name}} rings.",
    "The refund reaches your account within three working days.",
    "Our {{city}} team is happy to exchange it for another size.",
    "No further step is needed on your side.",
    "{{first_name}} has put a note about it into your account.",
    "If {{first_name}} {{last_name}} collects it instead, a short message is enough.",
    "It was packed by {{first_name}} and weighed twice.",
    "The next van to {{city}} still has room for it.",
    "You will find the details under your name, as {{first_name}} promised.",
    "The {{last_name}} depot expects it tomorrow.",
)


_THOUGHTS = (
    "The user asks about one of the orders.",
    "I should look at what is known about it before I answer.",
    "First the dates, then where it was seen last.",
    "The answer should be short and name the order.",
    "Nothing here needs a second question.",
    "If the details agree, I can say so in two or three sentences.",
    "Let me put the facts in the order in which they happened.",
    "There is no reason to promise more than what is written down.",
)
_THOUGHT_TOKENS = 64  # vendors bill thinking in steps of so many: OpenAI's usage, as recorded


class HealthyAnswers:
    """The answers of all healthy providers, a function of the seed, the key and the request."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def answer(self, request: Request, key: tuple[object, ...] | str) -> Completion | Refusal:
        """Say what a healthy provider would say to this request, within its limits.

        It calls the forced tool, else one of those that are offered, drawn by the seed, until the
        conversation ends with a tool's result. A schema that no value can meet is refused, as the
        real APIs do.
        """
        rng = KeyedRandom("script", self._seed, *((key,) if isinstance(key, str) else key))
        try:
            if request.tools and not request.answers_tool:
                return within_limits(_tool_call(request, rng), request)
            throw = rng.number(96)
            answer = _spoken(request, rng, throw, throw)
            if request.choices > 1:
                answer = self._with_alternatives(answer, request, throw, key)
        except UsageError as mistake:
            return Refusal("invalid_request", message=str(mistake))
        return answer

    def _with_alternatives(
        self, answer: Completion, request: Request, throw: int, key: tuple[object, ...] | str
    ) -> Completion:
        """Add the further answers that were asked for; all close with one reference."""
        others = []
        for number in range(1, request.choices):
            rng = KeyedRandom(
                "alternative", self._seed, number, *((key,) if isinstance(key, str) else key)
            )
            others.append(_spoken(request, rng, rng.number(96), throw))
        made = sum(each.usage.output_tokens for each in (answer, *others))
        thought = sum(each.usage.reasoning_tokens for each in (answer, *others))
        usage = replace(answer.usage, output_tokens=made, reasoning_tokens=thought)
        return replace(answer, usage=usage, alternatives=tuple(others))


def _spoken(request: Request, rng: KeyedRandom, throw: int, marked: int) -> Completion:
    """A text answer, chosen by one draw, that ends with the reference of another draw."""
    tokens, mark = find(request.prompt), spell_reference(marked >> 32)
    text = _text(tokens, mark, throw)
    if request.schema is not None:
        says = (text, " ".join((*tokens, mark)), *tokens, mark)
        text = _structured(request, rng, says)
    usage = Usage(request.input_tokens, tokens_of(text))
    if not request.reasons:
        answer = Completion(text=text, usage=usage)
    else:
        reasoning, usage = _thought(throw, usage)
        answer = Completion(text=text, usage=usage, reasoning=reasoning)
    if request.max_tokens is None and not request.stop_sequences:
        return answer
    return within_limits(answer, request)


def _thought(throw: int, usage: Usage) -> tuple[Reasoning, Usage]:
    """Think for a moment: the text, and the usage with what it takes."""
    first, count = throw >> 8 & 7, 2 + (throw >> 12 & 1)
    said = (_THOUGHTS[(first + step) % len(_THOUGHTS)] for step in range(count))
    thought = _THOUGHT_TOKENS * (1 + (throw >> 16 & 3))
    more = replace(usage, output_tokens=usage.output_tokens + thought, reasoning_tokens=thought)
    return Reasoning(" ".join(said)), more


def _text(tokens: tuple[str, ...], mark: str, throw: int) -> str:
    pool = _sentences()
    # Steps from kind to kind, so that no answer says one thing twice in other words.
    first = throw % _POOL
    second = first + 1 + (throw >> 8) % _STEP
    said = f"{pool[first]} {pool[second % _POOL]}"
    if throw & 1 << 24:
        said = f"{said} {pool[(second + 1 + (throw >> 16) % _STEP) % _POOL]}"
    if not tokens:
        return f"Thank you for your message. {said} Reference {mark}."
    noun = "order" if len(tokens) == 1 else "orders"
    return f"Your {noun} {', '.join(tokens)}: {said} Reference {mark}."


def _structured(request: Request, rng: KeyedRandom, says: tuple[str, ...]) -> str:
    value = json_schema.instance(request.schema, rng, says)
    if not isinstance(value, dict) or not value:
        # Where any object will do, a model fills one; JSON mode means that too.
        usual = {"answer": says[0]}
        value = usual if json_schema.accepts(request.schema, usual) else value
    return json.dumps(value, ensure_ascii=False)


def _tool_call(request: Request, rng: KeyedRandom) -> Completion:
    tool = _chosen_tool(request, rng)
    tokens = find(request.prompt)
    says = (", ".join(tokens), *tokens) if tokens else (rng.choose(_sentences()), "note")
    value = json_schema.instance({**tool.parameters, "type": "object"}, rng, says)
    call = ToolCall(tool.name, json.dumps(value, ensure_ascii=False))
    usage = Usage(request.input_tokens, tokens_of(call.name + call.arguments))
    if not request.reasons:
        return Completion(tool_calls=(call,), stop="tool", usage=usage)
    reasoning, usage = _thought(rng.number(96), usage)
    return Completion(tool_calls=(call,), stop="tool", usage=usage, reasoning=reasoning)


def _chosen_tool(request: Request, rng: KeyedRandom) -> Tool:
    """The forced tool, else one of those that are offered."""
    named = [tool for tool in request.tools if tool.name == request.forced_tool]
    if named or len(request.tools) == 1:
        return (named or request.tools)[0]
    return rng.choose(request.tools)


def warm_up() -> None:
    """Make the sentences, which takes a quarter of a second once in a process."""
    _sentences()


@cache
def _sentences() -> tuple[str, ...]:
    """The sentences of this process; an answer draws which of them it uses."""
    from faker import Faker  # noqa: PLC0415 - a quarter of a second, only where it is used

    fake = Faker("en_US")
    fake.seed_instance(_POOL)
    return tuple(fake.parse(_SENTENCES[n % len(_SENTENCES)]) for n in range(_POOL))
