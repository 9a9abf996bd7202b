"""The conversation on one websocket, without any I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from chaos_llm.protocol.messages import Chunk


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a message of the client causes.

    `messages` are sent at once. `turn` is the body of a request that the model answers. `cancels`:
    the rest of the answer that is under way is not sent; `messages` come in its place.
    """

    messages: tuple[Chunk, ...] = ()
    turn: bytes | None = None
    cancels: bool = False


class Session(ABC):
    """What a provider keeps of one session: its settings, and the conversation so far.

    `sends_binary`: the provider's messages are binary frames, though they hold JSON text.
    """

    sends_binary = False

    @abstractmethod
    def received(self, text: str) -> Reaction:
        """React to a message of the client."""

    def sent(self, message: bytes) -> None:  # noqa: B027 - most need not know
        """Take note of a message of the model's answer, which was just sent."""

    def turn_over(self) -> None:  # noqa: B027 - most need not know
        """Take note that the answer to the last turn is complete."""
