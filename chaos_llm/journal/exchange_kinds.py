"""The fields that many exchanges share, interned to save memory."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from chaos_llm.protocol.messages import Request


class ExchangeKind(NamedTuple):
    """Where a request went, for which model, and with which credential."""

    provider: str
    api: str
    surface: str
    path: str
    model: str
    credential: str
    region: str
    stream: bool


_interned = lru_cache(maxsize=4096)(ExchangeKind)
_LONGEST = 512  # letters of a name; a client may send a megabyte


def exchange_kind_of(request: Request) -> ExchangeKind:
    """The kind of a request, as one object for all requests of that kind."""
    path, model, region = request.path, request.model, request.region
    if len(path) + len(model) + len(region) > _LONGEST:
        path, model, region = _short(path), _short(model), _short(region)
    return _interned(
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
    """A name, cut at its longest."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


class HasExchangeKind:
    """A record with the fields of its `kind` as properties."""

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
