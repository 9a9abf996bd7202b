"""The output items of OpenAI's Responses API, whole and as they are told in events."""

from __future__ import annotations

from chaos_llm.protocol.messages import Chunk, Completion, ToolCall
from chaos_llm.providers.framing import base58, event, quote, split
from chaos_llm.providers.openai.common import hexadecimal
from chaos_llm.providers.provider import ReplyContext

_NOTHING = '""'


class Events:
    """A stream's events, each with its place in the sequence."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def add(self, name: str, fields: str, *, content: bool = False) -> None:
        """Append one event."""
        number = len(self.chunks)
        data = f'{{"type":"{name}","sequence_number":{number},{fields}}}'
        self.chunks.append(event(name, data, content=content))


class MessageItem:
    """An output item that is text, or a refusal in its place."""

    def __init__(self, answer: Completion, reply_context: ReplyContext) -> None:
        self.text = answer.text
        self.id = "msg_" + hexadecimal(reply_context, 50)
        self.refuses = answer.stop == "refusal"
        self.written = self._written(status_of(answer), self._part(quote(answer.text)))

    def _written(self, status: str, content: str) -> str:
        return (
            f'{{"id":"{self.id}","type":"message","status":"{status}",'
            f'"content":[{content}],"role":"assistant"}}'
        )

    def _part(self, text: str) -> str:
        if self.refuses:
            return f'{{"type":"refusal","refusal":{text}}}'
        return f'{{"type":"output_text","annotations":[],"logprobs":[],"text":{text}}}'

    def tell(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        kind, field = ("refusal", "refusal") if self.refuses else ("output_text", "text")
        logprobs = "" if self.refuses else ',"logprobs":[]'
        place = f'"item_id":"{self.id}","output_index":{index},"content_index":0,'
        added = self._written("in_progress", "")
        events.add("response.output_item.added", f'"output_index":{index},"item":{added}')
        events.add("response.content_part.added", f'{place}"part":{self._part(_NOTHING)}')
        for piece in split(self.text):
            delta = f'{place}"delta":{quote(piece)}{logprobs}'
            events.add(f"response.{kind}.delta", delta, content=True)
        text = quote(self.text)
        events.add(f"response.{kind}.done", f'{place}"{field}":{text}{logprobs}')
        events.add("response.content_part.done", f'{place}"part":{self._part(text)}')
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')


class CallItem:
    """An output item that calls a function."""

    def __init__(self, call: ToolCall, reply_context: ReplyContext) -> None:
        self.call = call
        self.id = "fc_" + hexadecimal(reply_context, 50)
        self.call_id = "call_" + base58(reply_context.rng.number(256), 24)
        self.written = self._written("completed", quote(call.arguments))

    def _written(self, status: str, arguments: str) -> str:
        return (
            f'{{"id":"{self.id}","type":"function_call","status":"{status}",'
            f'"arguments":{arguments},"call_id":"{self.call_id}","name":{quote(self.call.name)}}}'
        )

    def tell(self, events: Events, index: int) -> None:
        """Append all events of this item, the `index`th of the output."""
        name = "response.function_call_arguments"
        place = f'"item_id":"{self.id}","output_index":{index},'
        added = self._written("in_progress", _NOTHING)
        events.add("response.output_item.added", f'"output_index":{index},"item":{added}')
        for piece in split(self.call.arguments):
            events.add(f"{name}.delta", f'{place}"delta":{quote(piece)}', content=True)
        events.add(f"{name}.done", f'{place}"arguments":{quote(self.call.arguments)}')
        events.add("response.output_item.done", f'"output_index":{index},"item":{self.written}')


def items_of(answer: Completion, reply_context: ReplyContext) -> list[MessageItem | CallItem]:
    """Put an answer into output items; one without words or calls is an empty message."""
    calls: list[MessageItem | CallItem] = [
        CallItem(call, reply_context) for call in answer.tool_calls
    ]
    return calls if calls and not answer.text else [MessageItem(answer, reply_context), *calls]


def status_of(answer: Completion) -> str:
    """Say how a response ends that did not fail."""
    return "incomplete" if answer.stop == "length" else "completed"
