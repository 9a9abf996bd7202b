"""The interface of a provider: one wire format, both ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import field
from typing import Any, ClassVar

from chaos_llm.protocol.fast_dataclass import quick
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.providers.websocket_session import Session

Headers = tuple[tuple[str, str], ...]
# Names of headers, and their values, which `str` writes: other numbers come with the same names.
# Without floats, so that values that are equal are written alike.
NamedValues = tuple[tuple[str, ...], tuple[int | str, ...]]
NO_VALUES: NamedValues = ((), ())


def named_values(headers: Iterable[tuple[str, int | str]]) -> NamedValues:
    """Headers as their names and their values."""
    names, values = tuple(zip(*headers, strict=True)) or NO_VALUES
    return names, values


@quick(frozen=True, slots=True)
class ReplyContext:
    """What a reply needs besides its answer: Unix time in seconds, and random numbers for its ids.

    `kept` is the provider's state between requests, for the duration of an outage. `speak` returns
    the model's answer to a request inside another, such as a batch, given a key for its draws.
    """

    now: float
    rng: KeyedRandom
    kept: MutableMapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    speak: Callable[[Request, str], Answer] | None = field(default=None, repr=False, compare=False)

    def again(self) -> ReplyContext:
        """The same context with its draws from the start, so that two renderings are equal."""
        return ReplyContext(self.now, self.rng.again(), self.kept, self.speak)


class Provider(ABC):
    """One wire format: parses requests, renders answers and refusals byte-faithfully.

    It knows no fault, no clock and no socket. `name` is the provider's name in profiles, checks and
    reports; several wire formats may share it. `hosts` are the vendor's own. `usual_quota` are the
    limits in the headers of healthy replies if a profile sets none; None if the vendor sends none.
    `asks_to_wait`: its 429s say when to retry, in a header or in the body.
    If several providers serve a path of one host, a format that `yields` leaves it to the other.
    `made_of_draws` make header values of drawn bytes in another way than ids are made.
    """

    name: ClassVar[str]
    api: ClassVar[str]
    surface: ClassVar[str] = "api"
    hosts: ClassVar[tuple[str, ...]]
    usual_quota: ClassVar[Quota | None] = None
    remembers: ClassVar[bool] = False
    made_of_draws: ClassVar[tuple[Callable[[bytes], str], ...]] = ()
    yields: ClassVar[bool] = False
    asks_to_wait: ClassVar[bool] = True

    @abstractmethod
    def claims(self, method: str, path: str) -> bool:
        """Whether a request to this method and path speaks this wire format."""

    @abstractmethod
    def parse(self, wire: WireRequest) -> Request:
        """Read a request; what the real API would refuse comes back with `invalid` set."""

    @abstractmethod
    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        """Write an answer; raises Unsupported where the dialect has no words for it."""

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | Refusal | None:  # noqa: ARG002
        """Answer for an endpoint without a model; None where a model, or a status page, answers."""
        return None

    def remember(self, request: Request, answer: Answer, reply_context: ReplyContext) -> None:  # noqa: B027
        """Keep an answer that was given, for later requests; called where `remembers` is set."""

    def session(self, request: Request, reply_context: ReplyContext) -> Session:
        """Begin the conversation on a websocket; only where `claims` takes an UPGRADE."""
        raise NotImplementedError

    def quota(self, state: State) -> NamedValues:  # noqa: ARG002
        """The headers of the remaining quota; none if the vendor sends none."""
        return NO_VALUES

    def quota_headers(self, state: State) -> Headers:
        """The same as headers of a reply."""
        names, values = self.quota(state)
        return tuple(zip(names, map(str, values), strict=True))
