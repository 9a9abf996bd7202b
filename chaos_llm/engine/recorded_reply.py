"""What the record of an exchange says of its reply, before it is known how much of it arrives."""

from __future__ import annotations

from chaos_llm.engine.error_messages import error_message, shortened
from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.grpc_wire import is_grpc
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.messages import Completion, Ending, Refusal, Reply
from chaos_llm.protocol.retry_after import requested_wait

_OPENING = 24  # letters of an answer by which a part of it is recognised


def record(exchange: Exchange, builder: ReplyBuilder) -> None:
    """Record the content of the reply, before it is known how much of it arrives."""
    answer, reply = builder.answer, builder.reply
    if is_never_sent(reply):
        return
    exchange.status = reply.status
    if isinstance(answer, Completion) and exchange.applied:
        exchange.opening = answer.text[:_OPENING].strip()
    if isinstance(answer, Completion) and reply.status < 400:
        _bill(exchange, answer, reply)
    if isinstance(answer, Refusal) and builder.is_intact:
        exchange.broken_rule = answer.broken_rule
    if isinstance(answer, Refusal) or not builder.is_intact:
        exchange.error_message = error_message(reply)
        if not reply.body and isinstance(answer, Refusal):  # the reply to a HEAD request
            exchange.error_message = shortened(answer.message or "")
    elif isinstance(answer, Completion):
        if answer.broken_by is not None:
            exchange.error_message = error_message(reply)
        # An answer that ends at the token limit of its own request is complete.
        complete = answer.stop != "length" or builder.limited_by_request
        exchange.answered = answer.broken_by is None and complete
        exchange.silently_corrupted = builder.silently_corrupted and exchange.answered
        exchange.reference = "".join(find_references(answer.text)[-1:])
    else:
        exchange.answered = reply.status < 400


def is_never_sent(reply: Reply) -> bool:
    """Whether no byte of a reply is ever sent."""
    return not reply.chunks and reply.ending is not Ending.COMPLETE


def _bill(exchange: Exchange, answer: Completion, reply: Reply) -> None:
    """Record the billed tokens: of a broken answer, the part that was sent (assumed)."""
    sent = sum(chunk.content for chunk in reply.chunks)
    if not sent and answer.usage.output_tokens:
        return  # an error page was sent in place of the answer
    part = sent / reply.pieces if reply.streamed and sent < reply.pieces else 1.0
    if answer.broken_by is not None:
        part = answer.broken_by.after
    exchange.input_tokens = answer.usage.input_tokens
    exchange.output_tokens = round(part * answer.usage.output_tokens)


def wait_of(builder: ReplyBuilder, now: float) -> float | None:
    """The wait that a refusal asks for; gRPC has it in trailers, in the vendor's own messages."""
    if is_grpc(builder.reply) and isinstance(builder.answer, Refusal):
        return builder.answer.retry_after
    return requested_wait(builder.reply, now + builder.reply.wait)
