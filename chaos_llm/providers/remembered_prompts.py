"""What a vendor keeps of its answers: responses that may be retrieved, jobs in the background."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers.provider import ReplyContext

MOST = 512  # responses that are kept at a time: an app retrieves one soon, or never


class Writer(Protocol):
    """A wire format that can write its responses again."""

    def written(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Write a whole response object."""

    def unfinished(self, request: Request, reply_context: ReplyContext, status: str) -> str:
        """Write a response object that has no output."""


@dataclass
class Remembered:
    """A response as it was asked for; without an answer it is made when it is retrieved.

    `writer` is the wire format that it was asked for in.
    """

    writer: Writer
    request: Request
    answer: Completion | None
    reply_context: ReplyContext = field(repr=False)
    background: bool = False
    cancelled: float | None = None  # Unix seconds


class _Kept(OrderedDict[str, Remembered]):
    """The newest of them by their ids."""

    def __setitem__(self, key: str, value: Remembered) -> None:
        super().__setitem__(key, value)
        if len(self) > MOST:
            self.popitem(last=False)


def remembered(reply_context: ReplyContext) -> OrderedDict[str, Remembered]:
    """The responses that this provider keeps in this outage."""
    kept: OrderedDict[str, Remembered] = reply_context.kept.setdefault("responses", _Kept())
    return kept
