"""A reply in the making: what the provider would say, how it would be sent, and faults on both."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.journal.journal import Effect
from chaos_llm.profiles.model import HealthyLatency
from chaos_llm.protocol.messages import Answer, Completion, Reply, Request
from chaos_llm.providers.provider import Provider, ReplyContext


class ReplyBuilder:
    """An answer with its rendered reply; faults strike one after the other.

    A fault that changes the meaning has the reply rendered anew, and what struck the bytes before
    it is put on again: latency before a 529 delays the 529. `spoilt` says that a fault struck
    which no app can see, `effects` what became of each fault, in the order they came in. `limited`:
    the request's own limits had ended the answer before any fault did.
    """

    def __init__(
        self,
        provider: Provider,
        request: Request,
        reply_context: ReplyContext,
        pace: HealthyLatency,
        answer: Answer,
    ) -> None:
        self.request, self.answer = request, answer
        self.limited = isinstance(answer, Completion) and answer.stop == "length"
        self.silently_corrupted = False
        self.effects: list[Effect] = []
        self._provider, self._stamp, self._pace = provider, reply_context, pace
        self._on_bytes: dict[int, tuple[Fault, FaultContext]] = {}
        self._reply: Reply | None = None
        self._ended = False

    @property
    def reply(self) -> Reply:
        """The reply as it stands; rendered when first asked for."""
        if self._reply is None:
            self._reply = self._paced(self.answer)
        return self._reply

    @property
    def whole(self) -> bool:
        """Whether the bytes still say what the provider means, as far as an app can see."""
        if not self._on_bytes:
            return True
        seeming = self._rendered(self.answer)
        for fault, fault_context in self._on_bytes.values():
            seeming = fault.on_reply(seeming, _again(fault_context)) if fault.silent else seeming
        if self.reply.status != seeming.status:
            return False
        return self.reply.body == seeming.body or _told(self.reply) == _told(seeming)

    def fault_context(self, fault: Fault, fault_context: FaultContext) -> None:
        """Let one fault strike; one that changed nothing did not, nor one behind the end."""
        effect: Effect = "masked" if self._ended else self._applied(fault, fault_context)
        if effect == "applied":
            self._ended = self._ended or fault.ends_reply
            self.silently_corrupted = self.silently_corrupted or fault.silent
        self.effects.append(effect)

    def _applied(self, fault: Fault, fault_context: FaultContext) -> Effect:
        try:
            answer = fault.on_answer(self.answer, fault_context)
            if answer != self.answer:
                return self._say(answer)
            reply = fault.on_reply(self.reply, fault_context)
        except Unsupported:
            return "unsupported"
        if reply == self.reply:
            return "no_effect"
        self._on_bytes[len(self.effects)] = fault, fault_context
        self._reply = reply
        return "applied"

    def _say(self, answer: Answer) -> Effect:
        """Mean this from now on; where the dialect shows no difference, nothing struck."""
        paced = self._paced(answer)
        if isinstance(answer, Completion) and paced == self._paced(self.answer):
            return "no_effect"
        self._reply, self.answer = self._with_faults(paced), answer
        return "applied"

    def _paced(self, answer: Answer) -> Reply:
        """The reply of a healthy day."""
        reply = self._rendered(answer)
        if reply.status < 400:
            reply = reply.first_piece_later(self._pace.first_token).pieces_later(self._pace.token)
        return reply

    def _rendered(self, answer: Answer) -> Reply:
        """The reply as it leaves the provider; its ids stay the same when it is rendered again."""
        self._stamp.rng.rewind()
        return self._provider.render(self.request, answer, self._stamp)

    def _with_faults(self, reply: Reply) -> Reply:
        """Put on again what struck the bytes; what finds nothing to strike here is shadowed."""
        for index, (fault, fault_context) in tuple(self._on_bytes.items()):
            try:
                applied = fault.on_reply(reply, _again(fault_context))
            except Unsupported:
                applied = reply
            if applied == reply:
                self.effects[index] = "masked"
                del self._on_bytes[index]
            reply = applied
        return reply


def _told(reply: Reply) -> bytes:
    """What a reply says: of a stream its content, without keep-alives and what closes it."""
    return b"".join(c.data for c in reply.chunks if c.content or not reply.streamed)


def _again(fault_context: FaultContext) -> FaultContext:
    return replace(fault_context, rng=fault_context.rng.again())
