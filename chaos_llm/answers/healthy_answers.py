"""The answers of healthy providers: a few sentences that repeat the tokens of the prompt.

    "Your order KX-48213: {two or three sentences} Reference R7-20931-K."

The tokens come first and the reference last. So an answer that was cut short still shows which call
it belongs to, and the missing reference shows that it was cut.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from importlib.metadata import version

from chaos_llm import user_cache
from chaos_llm.answers import json_schema
from chaos_llm.answers.callable_tools import callable_tools
from chaos_llm.answers.tool_choice import chosen_tool
from chaos_llm.errors import UsageError
from chaos_llm.protocol.answer_limits import tokens_of, within_limits
from chaos_llm.protocol.keyed_random import SEPARATOR, KeyedRandom, hashes
from chaos_llm.protocol.markers import REFERENCES, find, reference_from
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
_HAS_THIRD = 1 << 24  # the bit of a draw by which an answer has three sentences
_STEP = 7  # less than half of the templates, so two sentences never come from one template
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


_REASONING_SENTENCES = (
    "The user asks about one of the orders.",
    "I should look at what is known about it before I answer.",
    "First the dates, then where it was seen last.",
    "The answer should be short and name the order.",
    "Nothing here needs a second question.",
    "If the details agree, I can say so in two or three sentences.",
    "Let me put the facts in the order in which they happened.",
    "There is no reason to promise more than what is written down.",
)
_REASONING_CIRCLE = _REASONING_SENTENCES * 2  # after the last one comes the first one
_REASONING_TOKENS = 64  # reasoning is billed in multiples of it, in recorded usage of OpenAI


_SCRIPT = b"script" + SEPARATOR


class HealthyAnswers:
    """The answers of healthy providers; each depends on seed, key and request alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def answer(self, request: Request, key: tuple[object, ...] | str) -> Completion | Refusal:
        """Answer a request as a healthy provider would, within the limits of the request.

        A request with tools is answered with a call of one (see `tool_choice`). If its conversation
        ends with a tool's result, it is answered with a text, so that agents end; but where any
        tool has to be called, with a tool that was not called yet. A schema that no value can
        satisfy is refused, as the real APIs do.
        """
        rng = KeyedRandom("script", self._seed, *((key,) if isinstance(key, str) else key))
        try:
            tools = callable_tools(request)
            if tools:
                tool = chosen_tool(replace(request, tools=tools), rng)
                if tool is not None:
                    return within_limits(_tool_call(tool, request, rng), request)
            draw = rng.number(96)
            answer = _text_answer(request, rng, draw, draw)
            if request.choices > 1:
                answer = self._with_alternatives(answer, request, draw, key)
        except UsageError as mistake:
            return Refusal("invalid_request", message=str(mistake))
        return answer

    @staticmethod
    def text(tokens: tuple[str, ...], key: bytes) -> tuple[str, int, int]:
        """The text that `answer` gives to a prompt alone, its reference's number, and the draw.

        `tokens` are those of the prompt, `key` is the seed and the key of `answer`, joined.
        """
        draw = int.from_bytes(hashes(_SCRIPT + key, 1)[:12], "little")
        number = (draw >> 32) % REFERENCES
        return _text(tokens, reference_from(number), draw), number, draw

    def _with_alternatives(
        self, answer: Completion, request: Request, draw: int, key: tuple[object, ...] | str
    ) -> Completion:
        """Add the further answers that the request asks for; all end with the same reference."""
        others = []
        for number in range(1, request.choices):
            rng = KeyedRandom(
                "alternative", self._seed, number, *((key,) if isinstance(key, str) else key)
            )
            others.append(_text_answer(request, rng, rng.number(96), draw))
        output = sum(each.usage.output_tokens for each in (answer, *others))
        reasoning = sum(each.usage.reasoning_tokens for each in (answer, *others))
        usage = replace(answer.usage, output_tokens=output, reasoning_tokens=reasoning)
        return replace(answer, usage=usage, alternatives=tuple(others))


def _text_answer(request: Request, rng: KeyedRandom, draw: int, reference_draw: int) -> Completion:
    """Answer with text: `draw` selects the sentences, `reference_draw` the reference at the end."""
    tokens, mark = find(request.prompt), reference_from(reference_draw >> 32)
    text = _text(tokens, mark, draw)
    if request.schema is not None:
        phrases = (text, " ".join((*tokens, mark)), *tokens, mark)
        text = _structured(request, rng, phrases)
    usage = Usage(request.input_tokens, tokens_of(text))
    if not request.reasons:
        answer = Completion(text=text, usage=usage)
    else:
        reasoning, usage = _reasoning(draw, usage)
        answer = Completion(text=text, usage=usage, reasoning=reasoning)
    if request.max_tokens is None and not request.stop_sequences:
        return answer
    return within_limits(answer, request)


def reasoning_of(draw: int) -> tuple[str, int]:
    """The reasoning before an answer, and its tokens."""
    first, count = draw >> 8 & 7, 2 + (draw >> 12 & 1)
    text = " ".join(_REASONING_CIRCLE[first : first + count])
    return text, _REASONING_TOKENS * (1 + (draw >> 16 & 3))


def _reasoning(draw: int, usage: Usage) -> tuple[Reasoning, Usage]:
    """The reasoning before an answer, and the usage with its tokens added."""
    text, tokens = reasoning_of(draw)
    total = replace(usage, output_tokens=usage.output_tokens + tokens, reasoning_tokens=tokens)
    return Reasoning(text), total


def _text(tokens: tuple[str, ...], mark: str, draw: int) -> str:
    pool = _sentences()
    # Neighbours in the pool come from different templates, so the sentences do not repeat.
    first = draw % _POOL
    second = first + 1 + (draw >> 8) % _STEP
    third = ""
    if draw & _HAS_THIRD:
        third = f" {pool[(second + 1 + (draw >> 16) % _STEP) % _POOL]}"
    begin = "Thank you for your message."
    if tokens:
        noun = "order" if len(tokens) == 1 else "orders"
        begin = f"Your {noun} {', '.join(tokens)}:"
    return f"{begin} {pool[first]} {pool[second % _POOL]}{third} Reference {mark}."


_BEGINNING = r"(?:Your orders? |Thank you for your message\. )"
_ANSWER = re.compile(
    rf"{_BEGINNING}(?:(?!{_BEGINNING}).)*?Reference R\d-\d{{5}}-[A-Z]\.", re.DOTALL
)


def without_answers(text: str) -> str:
    """A text without the whole answers in it, each of which becomes the end of a line."""
    return _ANSWER.sub("\n", text)


def _structured(request: Request, rng: KeyedRandom, phrases: tuple[str, ...]) -> str:
    value = json_schema.instance(request.schema, rng, phrases)
    if not isinstance(value, dict) or not value:
        # If the schema allows any object, as JSON mode does, a model does not leave it empty.
        default = {"answer": phrases[0]}
        value = default if json_schema.accepts(request.schema, default) else value
    return json.dumps(value, ensure_ascii=False)


def _tool_call(tool: Tool, request: Request, rng: KeyedRandom) -> Completion:
    tokens = find(request.prompt)
    phrases = (", ".join(tokens), *tokens) if tokens else (rng.choose(_sentences()), "note")
    value = json_schema.instance({**tool.parameters, "type": "object"}, rng, phrases)
    call = ToolCall(tool.name, json.dumps(value, ensure_ascii=False))
    usage = Usage(request.input_tokens, tokens_of(call.name + call.arguments))
    if not request.reasons:
        return Completion(tool_calls=(call,), stop="tool", usage=usage)
    reasoning, usage = _reasoning(rng.number(96), usage)
    return Completion(tool_calls=(call,), stop="tool", usage=usage, reasoning=reasoning)


def warm_up() -> None:
    """Generate the sentences, which takes a quarter of a second once in a process."""
    _sentences()


@cache
def _sentences() -> tuple[str, ...]:
    """The sentences that all answers are put together from."""
    made_of = (version("faker"), _POOL, _SENTENCES)
    return user_cache.kept("sentences", repr(made_of).encode(), _made, _encoded, _decoded)


def _encoded(sentences: tuple[str, ...]) -> bytes:
    return json.dumps(sentences).encode()


def _decoded(kept: bytes) -> tuple[str, ...]:
    sentences = tuple(map(str, json.loads(kept)))
    if len(sentences) != _POOL:
        raise ValueError("expected one sentence for each place of the pool")
    return sentences


def _made() -> tuple[str, ...]:
    """Fill names and places in, which takes as long as a hundred calls of an app."""
    from faker import Faker  # noqa: PLC0415 - takes a quarter of a second, so only if needed

    fake = Faker("en_US")
    fake.seed_instance(_POOL)
    return tuple(fake.parse(_SENTENCES[n % len(_SENTENCES)]) for n in range(_POOL))
