"""A reply in the making: what the provider would say, how it would be sent, and faults on both."""

from __future__ import annotations

from chaos_llm.errors import Inexpressible
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.journal import Effect
from chaos_llm.model import Answer, Reply, Request
from chaos_llm.providers.provider import Provider, Stamp
from chaos_llm.timeline import Pace


class Draft:
    """An answer with its rendered reply; faults strike one after the other.

    A fault that changes the meaning has the reply rendered anew, and what struck the bytes before
    it is put on again: latency before a 529 delays the 529. `effects` says what became of each
    fault, in the order in which they came.
    """

    def __init__(
        self, provider: Provider, request: Request, stamp: Stamp, pace: Pace, answer: Answer
    ) -> None:
        self.request, self.answer = request, answer
        self.effects: list[Effect] = []
        self._provider, self._stamp, self._pace = provider, stamp, pace
        self._on_bytes: dict[int, tuple[Fault, Strike]] = {}
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
        """Whether the bytes still say what the provider meant, however they come."""
        if not self._on_bytes:
            return True
        rendered = self._provider.render(self.request, self.answer, self._stamp.again())
        return (self.reply.status, self.reply.body) == (rendered.status, rendered.body)

    def strike(self, fault: Fault, strike: Strike) -> None:
        """Let one fault strike; one that changed nothing did not, nor one behind the end."""
        effect: Effect = "shadowed" if self._ended else self._struck(fault, strike)
        self._ended = self._ended or (fault.ends_reply and effect == "struck")
        self.effects.append(effect)

    def _struck(self, fault: Fault, strike: Strike) -> Effect:
        try:
            answer = fault.on_answer(self.answer, strike)
            if answer != self.answer:
                self._reply = self._with_faults(self._paced(answer))
                self.answer = answer
                return "struck"
            reply = fault.on_reply(self.reply, strike)
        except Inexpressible:
            return "not expressible"
        if reply == self.reply:
            return "not struck"
        self._on_bytes[len(self.effects)] = fault, strike
        self._reply = reply
        return "struck"

    def _paced(self, answer: Answer) -> Reply:
        """The reply of a healthy day; its ids stay the same when it is rendered again."""
        reply = self._provider.render(self.request, answer, self._stamp.again())
        if reply.status < 400:
            reply = reply.first_piece_later(self._pace.first_token).pieces_later(self._pace.token)
        return reply

    def _with_faults(self, reply: Reply) -> Reply:
        """Put on again what struck the bytes; what finds nothing to strike here is shadowed."""
        for index, (fault, strike) in tuple(self._on_bytes.items()):
            try:
                struck = fault.on_reply(reply, strike)
            except Inexpressible:
                struck = reply
            if struck == reply:
                self.effects[index] = "shadowed"
                del self._on_bytes[index]
            reply = struck
        return reply
