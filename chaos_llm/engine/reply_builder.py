"""A reply in the making: what the provider would say, how it would be sent, and faults on both."""

from __future__ import annotations

from dataclasses import replace

from chaos_llm.errors import Inexpressible
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.journal.journal import Effect
from chaos_llm.profiles.model import Pace
from chaos_llm.protocol.messages import Answer, Completion, Reply, Request
from chaos_llm.providers.provider import Provider, Stamp


class Draft:
    """An answer with its rendered reply; faults strike one after the other.

    A fault that changes the meaning has the reply rendered anew, and what struck the bytes before
    it is put on again: latency before a 529 delays the 529. `spoilt` says that a fault struck
    which no app can see, `effects` what became of each fault, in the order they came in.
    """

    def __init__(
        self, provider: Provider, request: Request, stamp: Stamp, pace: Pace, answer: Answer
    ) -> None:
        self.request, self.answer = request, answer
        self.spoilt = False
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
        """Whether the bytes still say what the provider means, as far as an app can see."""
        if not self._on_bytes:
            return True
        seeming = self._rendered(self.answer)
        for fault, strike in self._on_bytes.values():
            seeming = fault.on_reply(seeming, _again(strike)) if fault.silent else seeming
        if self.reply.status != seeming.status:
            return False
        return self.reply.body == seeming.body or _told(self.reply) == _told(seeming)

    def strike(self, fault: Fault, strike: Strike) -> None:
        """Let one fault strike; one that changed nothing did not, nor one behind the end."""
        effect: Effect = "shadowed" if self._ended else self._struck(fault, strike)
        if effect == "struck":
            self._ended = self._ended or fault.ends_reply
            self.spoilt = self.spoilt or fault.silent
        self.effects.append(effect)

    def _struck(self, fault: Fault, strike: Strike) -> Effect:
        try:
            answer = fault.on_answer(self.answer, strike)
            if answer != self.answer:
                return self._say(answer)
            reply = fault.on_reply(self.reply, strike)
        except Inexpressible:
            return "not expressible"
        if reply == self.reply:
            return "not struck"
        self._on_bytes[len(self.effects)] = fault, strike
        self._reply = reply
        return "struck"

    def _say(self, answer: Answer) -> Effect:
        """Mean this from now on; where the dialect shows no difference, nothing struck."""
        paced = self._paced(answer)
        if isinstance(answer, Completion) and paced == self._paced(self.answer):
            return "not struck"
        self._reply, self.answer = self._with_faults(paced), answer
        return "struck"

    def _paced(self, answer: Answer) -> Reply:
        """The reply of a healthy day."""
        reply = self._rendered(answer)
        if reply.status < 400:
            reply = reply.first_piece_later(self._pace.first_token).pieces_later(self._pace.token)
        return reply

    def _rendered(self, answer: Answer) -> Reply:
        """The reply as it leaves the provider; its ids stay the same when it is rendered again."""
        self._stamp.die.rewind()
        return self._provider.render(self.request, answer, self._stamp)

    def _with_faults(self, reply: Reply) -> Reply:
        """Put on again what struck the bytes; what finds nothing to strike here is shadowed."""
        for index, (fault, strike) in tuple(self._on_bytes.items()):
            try:
                struck = fault.on_reply(reply, _again(strike))
            except Inexpressible:
                struck = reply
            if struck == reply:
                self.effects[index] = "shadowed"
                del self._on_bytes[index]
            reply = struck
        return reply


def _told(reply: Reply) -> bytes:
    """What a reply says: of a stream its content, without keep-alives and what closes it."""
    return b"".join(c.data for c in reply.chunks if c.content or not reply.streamed)


def _again(strike: Strike) -> Strike:
    return replace(strike, die=strike.die.again())
