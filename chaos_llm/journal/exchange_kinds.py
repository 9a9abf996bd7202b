"""What many requests have in common, kept once: a record of each has no room for it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from chaos_llm.protocol.messages import Request


class ExchangeKind(NamedTuple):
    """Where a request went, for which model, and with whose key."""

    provider: str
    api: str
    surface: str
    path: str
    model: str
    credential: str
    region: str
    stream: bool


_one_record = lru_cache(maxsize=4096)(ExchangeKind)
_LONGEST = 512  # letters of a name; a client may send a megabyte


def exchange_kind_of(request: Request) -> ExchangeKind:
    """The kind of a request; one object for all requests of a kind."""
    path, model, region = request.path, request.model, request.region
    if len(path) + len(model) + len(region) > _LONGEST:
        path, model, region = _short(path), _short(model), _short(region)
    return _one_record(
        request.provider,
        request.api,
        request.surface,
        path,
        model,
        request.credential,
        region,
        request.stream,
    )


def _short(name: str) -> str:
    """A name that can be kept in every record; a longer one keeps its beginning."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


class HasExchangeKind:
    """A record that shows its kind's fields as its own."""

    __slots__ = ("kind",)

    kind: ExchangeKind

    @property
    def provider(self) -> str:
        return self.kind.provider

    @property
    def api(self) -> str:
        return self.kind.api

    @property
    def surface(self) -> str:
        return self.kind.surface

    @property
    def path(self) -> str:
        return self.kind.path

    @property
    def model(self) -> str:
        return self.kind.model

    @property
    def credential(self) -> str:
        return self.kind.credential

    @property
    def region(self) -> str:
        return self.kind.region

    @property
    def stream(self) -> bool:
        return self.kind.stream
