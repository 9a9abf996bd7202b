"""A reply in the making: what the provider would say, how it would be sent, and faults on both."""

from __future__ import annotations

from contextlib import suppress

from chaos_llm.errors import Inexpressible
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.journal import Effect
from chaos_llm.model import Answer, Reply, Request
from chaos_llm.providers.provider import Provider, Stamp
from chaos_llm.timeline import Pace


class Draft:
    """An answer with its rendered reply; faults strike one after the other.

    A fault that changes the meaning has the reply rendered anew, and what struck the bytes before
    it is put on again: latency before a 529 delays the 529.
    """

    def __init__(
        self, provider: Provider, request: Request, stamp: Stamp, pace: Pace, answer: Answer
    ) -> None:
        self.request, self.answer = request, answer
        self._provider, self._stamp, self._pace = provider, stamp, pace
        self._on_bytes: list[tuple[Fault, Strike]] = []
        self._reply: Reply | None = None

    @property
    def reply(self) -> Reply:
        """The reply as it stands; rendered when first asked for."""
        if self._reply is None:
            self._reply = self._render(self.answer)
        return self._reply

    @property
    def whole(self) -> bool:
        """Whether the bytes still say what the provider meant, however they come."""
        if not self._on_bytes:
            return True
        rendered = self._provider.render(self.request, self.answer, self._stamp)
        return (self.reply.status, self.reply.body) == (rendered.status, rendered.body)

    def strike(self, fault: Fault, strike: Strike) -> Effect:
        """Let one fault strike; a fault that changed nothing did not."""
        try:
            answer = fault.on_answer(self.answer, strike)
            if answer != self.answer:
                self._reply = self._render(answer)
                self.answer = answer
                return "struck"
            reply = fault.on_reply(self.reply, strike)
        except Inexpressible:
            return "not expressible"
        if reply == self.reply:
            return "not struck"
        self._on_bytes.append((fault, strike))
        self._reply = reply
        return "struck"

    def _render(self, answer: Answer) -> Reply:
        reply = self._provider.render(self.request, answer, self._stamp)
        if reply.status < 400:
            reply = reply.first_piece_later(self._pace.first_token).pieces_later(self._pace.token)
        for fault, strike in self._on_bytes:
            with suppress(Inexpressible):  # a refusal has no stream to stall
                reply = fault.on_reply(reply, strike)
        return reply
