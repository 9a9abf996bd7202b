"""What the journal keeps of an answer's content, where a call has met a fault."""

from __future__ import annotations

from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.journal.sent_content import SentContent
from chaos_llm.protocol.messages import Completion
from chaos_llm.providers.framing import split

_LONGEST = 2000  # letters of a content that are kept


def whole_text(text: str) -> SentContent:
    """A text that was sent as it was meant."""
    return SentContent(text[:_LONGEST], text[:_LONGEST])


def content_of(builder: ReplyBuilder) -> SentContent | None:
    """The text of an answer, or its last tool call, as it was meant and as it was sent."""
    meant, said = builder.healthy_answer, builder.answer
    if not isinstance(meant, Completion) or not isinstance(said, Completion):
        return None
    if builder.reply.status >= 400:  # an error page in place of the answer
        return None
    text, *arguments = _sent_parts(builder, said)
    if not meant.tool_calls:
        whole = meant.text if meant.text.startswith(said.text) else said.text
        return SentContent(whole[:_LONGEST], text[:_LONGEST])
    last = meant.tool_calls[-1]
    sent = arguments[-1] if arguments else ""
    return SentContent(last.arguments[:_LONGEST], sent[:_LONGEST], last.name)


def _sent_parts(builder: ReplyBuilder, said: Completion) -> list[str]:
    """The text and each tool's arguments, as far as the reply sends them."""
    parts = [said.text, *(call.arguments for call in said.tool_calls)]
    reply = builder.reply
    if not reply.streamed:
        return parts
    pieces = [split(part) for part in parts]
    # Thinking, where a dialect shows it, is sent before the text, in pieces of its own.
    before = builder.pieces_in_all - sum(map(len, pieces))
    left = max(0, sum(chunk.content for chunk in reply.chunks) - before)
    sent = []
    for part in pieces:
        sent.append("".join(part[:left]))
        left = max(0, left - len(part))
    return sent
