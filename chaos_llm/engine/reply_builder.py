"""Builds one reply: applies faults to the answer and to the rendered reply, one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

from chaos_llm.errors import Unsupported
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.journal.journal import Effect
from chaos_llm.profiles.model import HealthyLatency
from chaos_llm.protocol.messages import Answer, Completion, Refusal, Reply, Request
from chaos_llm.providers.provider import Provider, ReplyContext

_WAITS = ("retry-after", "retry-after-ms", "x-amz-retry-after")


class ReplyBuilder:
    """An answer and its rendered reply, to which faults are applied one after the other.

    A fault that changes the answer causes a new rendering, to which the earlier faults that changed
    the reply are applied again: latency before a 529 delays the 529. `effects` has the effect of
    each fault, in the order of the faults. `silently_corrupted` says that a fault was applied that
    no app can detect, `limited_by_request` that the healthy answer ended at the request's own token
    limit.
    """

    def __init__(
        self,
        provider: Provider,
        request: Request,
        reply_context: ReplyContext,
        latency: HealthyLatency,
        answer: Answer,
    ) -> None:
        self.request, self.answer, self.healthy_answer = request, answer, answer
        self.limited_by_request = isinstance(answer, Completion) and answer.stop == "length"
        self.silently_corrupted = False
        self.effects: list[Effect] = []
        self._provider, self._reply_context, self._latency = provider, reply_context, latency
        # The faults that changed the reply itself, by their index in `effects`.
        self._on_reply: dict[int, tuple[Fault, FaultContext]] = {}
        self._reply: Reply | None = None  # rendered when it is first needed
        self._ended = False  # whether a fault has ended the reply

    @property
    def reply(self) -> Reply:
        """The reply with all faults applied so far."""
        if self._reply is None:
            self._reply = self._with_latency(self.answer)
        return self._reply

    @property
    def is_intact(self) -> bool:
        """Whether the reply still has the content of the answer, as far as an app can see."""
        if not self._on_reply:
            return True
        expected = self._rendered(self.answer)
        for fault, context in self._on_reply.values():
            if fault.silent or fault.keeps_content:
                expected = fault.on_reply(expected, _from_start(context))
        if self.reply.status != expected.status:
            return False
        return self.reply.body == expected.body or _content(self.reply) == _content(expected)

    @property
    def pieces_in_all(self) -> int:
        """The number of pieces of content that the reply would have if nothing broke it off."""
        answer = self.answer
        if isinstance(answer, Completion) and answer.broken_by is not None:
            return self._rendered(replace(answer, broken_by=None)).pieces
        return self.reply.pieces

    def apply(self, fault: Fault, context: FaultContext) -> None:
        """Apply one fault and add its effect to `effects`.

        It is "masked" if an earlier fault has ended the reply, and has "no_effect" if it changes
        nothing.
        """
        effect: Effect = "masked" if self._ended else self._applied(fault, context)
        if effect == "applied":
            self._ended = self._ended or fault.ends_reply
            self.silently_corrupted = self.silently_corrupted or fault.silent
        self.effects.append(effect)

    def _applied(self, fault: Fault, context: FaultContext) -> Effect:
        try:
            answer = fault.on_answer(self.answer, context)
            if answer != self.answer:
                return self._replace_answer(answer)
            reply = fault.on_reply(self.reply, context)
        except Unsupported:
            return "unsupported"
        if reply == self.reply:
            return "no_effect"
        if self.reply.websocket and self.reply.streamed and not reply.websocket:
            return "unsupported"  # there is no place for a page in the midst of a session
        self._on_reply[len(self.effects)] = fault, context
        self._reply = reply
        return "applied"

    def _replace_answer(self, answer: Answer) -> Effect:
        """Go on with another answer, unless both look the same in this wire format."""
        reply = self._with_latency(answer)
        if isinstance(answer, Completion) and reply == self._with_latency(self.answer):
            return "no_effect"
        self._reply, self.answer = self._with_earlier_faults(reply), answer
        return "applied"

    def _with_latency(self, answer: Answer) -> Reply:
        """The rendered reply with the latency of a healthy provider; errors come without any."""
        reply, latency = self._rendered(answer), self._latency
        if reply.status < 400:
            reply = reply.first_piece_later(latency.first_token).pieces_later(latency.token)
        return reply

    def _rendered(self, answer: Answer) -> Reply:
        """The reply as the provider renders it.

        The random numbers start again, so that a second rendering has the same ids.
        """
        self._reply_context.rng.rewind()
        if isinstance(answer, Refusal) and (answer.wait_is_usual or answer.retry_at is not None):
            return self._rendered_wait(answer)
        return self._provider.render(self.request, answer, self._reply_context)

    def _rendered_wait(self, refusal: Refusal) -> Reply:
        """A refusal that says when to retry as the vendor does, or with an HTTP date."""
        moment = refusal.retry_at
        if moment is not None:
            wait = max(0.0, moment - self._reply_context.now)
            refusal = replace(refusal, retry_after=wait)
        elif not self._provider.asks_to_wait:
            refusal = replace(refusal, retry_after=None)
        reply = self._provider.render(self.request, refusal, self._reply_context)
        return reply if moment is None else _with_retry_date(reply, moment)

    def _with_earlier_faults(self, reply: Reply) -> Reply:
        """Apply the earlier faults again; one that no longer changes anything is masked."""
        for index, (fault, context) in tuple(self._on_reply.items()):
            try:
                changed = fault.on_reply(reply, _from_start(context))
            except Unsupported:
                changed = reply
            if changed == reply:
                self.effects[index] = "masked"
                del self._on_reply[index]
            reply = changed
        return reply


def _with_retry_date(reply: Reply, moment: float) -> Reply:
    """The reply with an HTTP date instead of seconds; clients prefer `retry-after-ms` to a date."""
    date = format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)
    kept = (each for each in reply.headers if each[0].lower() not in _WAITS)
    return replace(reply, headers=(*kept, ("retry-after", date)))


def _content(reply: Reply) -> bytes:
    """The bytes of a reply's content: of a stream without keep-alives and closing events."""
    return b"".join(c.data for c in reply.chunks if c.content or not reply.streamed)


def _from_start(context: FaultContext) -> FaultContext:
    """The same context, whose random numbers start again."""
    return replace(context, rng=context.rng.again())
