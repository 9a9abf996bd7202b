"""The output items of the Responses API, whole and as events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chaos_llm.protocol.messages import Chunk, Completion, Reasoning, ToolCall
from chaos_llm.providers.framing import base58, event, filler, quote, split
from chaos_llm.providers.openai import logprobs
from chaos_llm.providers.openai.common import hexadecimal, uuid
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.signatures import sign

_NOTHING = '""'


@dataclass(frozen=True, slots=True)
class ItemStyle:
    """How a vendor writes its items, and what a request wants to see in them.

    `phase` is a field of messages, `short_ids` are UUIDs in the place of OpenAI's long ids,
    `obfuscates` hides the lengths of deltas, `vendor` signs what was thought. `summarizes` and
    `encrypts` say what of it is shown, `shows_thoughts` that all of it is; `has_status` is whether
    its item has one. `prefixes`: ids say whose they are. `top_logprobs` is how many alternatives
    stand beside each token; None where no logprobs were asked for.
    """

    vendor: str = "openai"
    phase: str = ""
    short_ids: bool = False
    obfuscates: bool = True
    has_status: bool = False
    summarizes: bool = False
    encrypts: bool = False
    shows_thoughts: bool = False
    prefixes: bool = True
    top_logprobs: int | None = None

    def item_id(self, prefix: str, reply_context: ReplyContext) -> str:
        """Draw an item's id."""
        prefix = prefix if self.prefixes else ""
        return prefix + (uuid(reply_context) if self.short_ids else hexadecimal(reply_context, 50))

    def padding(self, text: str) -> str:
        """Write the field that hides a delta's length, after a comma."""
        return f',"obfuscation":"{filler(text)}"' if self.obfuscates else ""


class Events:
    """A stream's events, each with its place in the sequence."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def add(self, name: str, fields: str, *, content: bool = False) -> None:
        """Append one event."""
        number = len(self.chunks)
        data = f'{{"type":"{name}","sequence_number":{number},{fields}}}'
        self.chunks.append(event(name, data, content=content))


class ReasoningItem:
    """An output item that was thought: a summary where it was asked for, and ciphertext."""

    def __init__(self, reasoning: Reasoning, reply_context: ReplyContext, style: ItemStyle) -> None:
        self.style, self.text = style, reasoning.text if style.summarizes else ""
        self.id = style.item_id("rs_", reply_context)
        self.thought, self.seal = reasoning.text, ""
        if style.encrypts:
            nonce = reply_context.rng.number(128)
            self.seal = sign(style.vendor, "", nonce) if reasoning.signed else ""
        self.written = self._written("completed", sealed=True)

    def _written(self, status: str, *, sealed: bool) -> str:
        state = f',"status":"{status}"' if self.style.has_status else ""
        summary = ""
        if sealed and self.text:
            summary = f'{{"type":"summary_text","text":{quote(self.text)}}}'
        shown = self.style.encrypts and (sealed or self.style.vendor == "openai")
        secret = f',"encrypted_content":"{self.seal}"' if shown else ""
        content = ""
        if self.style.shows_thoughts:
            part = f'{{"type":"reasoning_text","text":{quote(self.thought)}}}' if sealed else ""
            content = f',"content":[{part}]'
        return (
            f'{{"id":"{self.id}","type":"reasoning"{state},"summary":[{summary}]{content}{secret}}}'
        )

    def add_to(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        added = self._written("in_progress", sealed=False)
        events.add("response.output_item.added", f'"output_index":{index},"item":{added}')
        if self.text:
            self._add_summary(events, index)
        if self.style.shows_thoughts:
            self._add_thoughts(events, index)
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')

    def _add_thoughts(self, events: Events, index: int) -> None:
        """Append the thoughts as they are: the SDK's events of that name."""
        place = f'"item_id":"{self.id}","output_index":{index},"content_index":0,'
        for piece in split(self.thought):
            events.add(
                "response.reasoning_text.delta", f'{place}"delta":{quote(piece)}', content=True
            )
        events.add("response.reasoning_text.done", f'{place}"text":{quote(self.thought)}')

    def _add_summary(self, events: Events, index: int) -> None:
        name = "response.reasoning_summary"
        place = f'"item_id":"{self.id}","output_index":{index},"summary_index":0,'
        part = '"part":{"type":"summary_text","text":'
        events.add(f"{name}_part.added", f'{place}{part}""}}')
        for piece in split(self.text):
            delta = f'{place}"delta":{quote(piece)}{self.style.padding(piece)}'
            events.add(f"{name}_text.delta", delta, content=True)
        events.add(f"{name}_text.done", f'{place}"text":{quote(self.text)}')
        events.add(f"{name}_part.done", f"{place}{part}{quote(self.text)}}}")


class MessageItem:
    """An output item that is text, or a refusal in its place."""

    def __init__(self, answer: Completion, reply_context: ReplyContext, style: ItemStyle) -> None:
        self.text, self.style = answer.text, style
        self.id = style.item_id("msg_", reply_context)
        self.refuses = answer.stop == "refusal"
        self.written = self._written(status_of(answer), self._part(answer.text))

    def _written(self, status: str, content: str) -> str:
        phase = f',"phase":"{self.style.phase}"' if self.style.phase else ""
        return (
            f'{{"id":"{self.id}","type":"message","status":"{status}",'
            f'"content":[{content}]{phase},"role":"assistant"}}'
        )

    def _part(self, text: str) -> str:
        if self.refuses:
            return f'{{"type":"refusal","refusal":{quote(text)}}}'
        logprobs = self._logprobs(split(text))
        return (
            f'{{"type":"output_text","annotations":[],"logprobs":{logprobs},"text":{quote(text)}}}'
        )

    def _logprobs(self, pieces: list[str]) -> str:
        top = self.style.top_logprobs
        return "[]" if top is None else logprobs.written(pieces, top)

    def add_to(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        kind, field = ("refusal", "refusal") if self.refuses else ("output_text", "text")
        place = f'"item_id":"{self.id}","output_index":{index},"content_index":0,'
        added = self._written("in_progress", "")
        events.add("response.output_item.added", f'"output_index":{index},"item":{added}')
        events.add("response.content_part.added", f'{place}"part":{self._part("")}')
        for piece in split(self.text):
            logprobs = "" if self.refuses else f',"logprobs":{self._logprobs([piece])}'
            delta = f'{place}"delta":{quote(piece)}{logprobs}{self.style.padding(piece)}'
            events.add(f"response.{kind}.delta", delta, content=True)
        text = quote(self.text)
        logprobs = "" if self.refuses else f',"logprobs":{self._logprobs(split(self.text))}'
        events.add(f"response.{kind}.done", f'{place}"{field}":{text}{logprobs}')
        events.add("response.content_part.done", f'{place}"part":{self._part(self.text)}')
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')


class CallItem:
    """An output item that calls a function."""

    def __init__(self, call: ToolCall, reply_context: ReplyContext, style: ItemStyle) -> None:
        self.call, self.style = call, style
        self.id = style.item_id("fc_", reply_context)
        number = reply_context.rng.number(256)
        short = f"call-{number:032x}"[:37]  # as xAI has it
        self.call_id = short if style.vendor == "xai" else "call_" + base58(number, 24)
        status = "incomplete" if call.cut else "completed"
        self.written = self._written(status, quote(call.arguments))

    def _written(self, status: str, arguments: str) -> str:
        # A dot stands between a namespace and a name; neither has one.
        namespace, _, name = self.call.name.rpartition(".")
        space = f',"namespace":{quote(namespace)}' if namespace else ""
        return (
            f'{{"id":"{self.id}","type":"function_call","status":"{status}",'
            f'"arguments":{arguments},"call_id":"{self.call_id}","name":{quote(name)}{space}}}'
        )

    def add_to(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        name = "response.function_call_arguments"
        place = f'"item_id":"{self.id}","output_index":{index},'
        added = self._written("in_progress", _NOTHING)
        events.add("response.output_item.added", f'"output_index":{index},"item":{added}')
        for piece in split(self.call.arguments):
            delta = f'{place}"delta":{quote(piece)}{self.style.padding(piece)}'
            events.add(f"{name}.delta", delta, content=True)
        events.add(f"{name}.done", f'{place}"arguments":{quote(self.call.arguments)}')
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')


class Item(Protocol):
    """An output item: as it stands in a whole response, and the events that tell it."""

    written: str

    def add_to(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""


def items_of(
    answer: Completion, reply_context: ReplyContext, style: ItemStyle, before: Iterable[Item] = ()
) -> list[Item]:
    """Put an answer into output items; one without words, calls or thoughts is an empty message.

    The items `before` stand between what was thought and what is said.
    """
    items: list[Item] = []
    if answer.reasoning:
        items.append(ReasoningItem(answer.reasoning, reply_context, style))
    items += before
    eaten = answer.reasoning and answer.stop == "length"  # by what was thought
    if answer.text or not (answer.tool_calls or eaten):
        items.append(MessageItem(answer, reply_context, style))
    return [*items, *(CallItem(call, reply_context, style) for call in answer.tool_calls)]


def status_of(answer: Completion) -> str:
    """Say how a response ends that did not fail."""
    return "incomplete" if answer.stop == "length" or answer.filtered else "completed"
