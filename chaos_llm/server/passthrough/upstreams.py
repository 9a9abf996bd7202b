"""Where requests are passed on to: a vendor's own host, or an address that the user gives."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.providers import known
from chaos_llm.requests.hosts import provider_names
from chaos_llm.server.http.addresses import Addresses, split_host

_FORM = "--upstream is an address (https://gateway.example/v1), or PROVIDER=ADDRESS"


class Upstream(NamedTuple):
    """A host to connect to; `base` is a path before that of every request."""

    host: str
    port: int
    tls: bool
    base: str = ""

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.tls else 80) else f"{name}:{self.port}"

    def url(self, target: str) -> str:
        """The address of a request there, for its record."""
        return f"{'https' if self.tls else 'http'}://{self.host_header}{target}"


class Route(NamedTuple):
    """The upstream of a request, and the target it has there; None leaves the head as it is."""

    upstream: Upstream
    target: str | None


class Upstreams:
    """The upstreams of a server, by provider; "" is the one for all others, if there is one."""

    def __init__(self, routes: Sequence[str], addresses: Addresses) -> None:
        self._routes = dict(map(_parsed, routes))
        self._addresses = addresses

    def route(self, method: str, target: str, host: str, tunnel_host: str) -> Route | None:
        """Where a request goes; None if nothing says it.

        `tunnel_host` is the host of a CONNECT or TLS. Raises UsageError for a provider whose
        hosts have a region, if no upstream is given.
        """
        if "://" in target.partition("?")[0]:
            return Route(_of_address(target)._replace(base=""), _path_of(target))
        if not tunnel_host and not self._routes and self._addresses.names(host):
            tunnel_host = host
        if tunnel_host:
            given = self._given_for_host(method, target, tunnel_host)
            if given is not None:
                return Route(given, f"{given.base}{target}")
            name, port = split_host(tunnel_host)
            return Route(Upstream(name, port or 443, tls=True), None)
        prefix, _, rest = target[1:].partition("/")
        if prefix in self._addresses.played:
            upstream = self.of_provider(prefix)
            return Route(upstream, f"{upstream.base}/{rest}")
        return self._by_path(method, target, host)

    def _given_for_host(self, method: str, target: str, host: str) -> Upstream | None:
        """The upstream that was given for a vendor's host, which the client has hard-coded."""
        if not self._routes or not self._addresses.names(host):
            return None
        place = self._addresses.find(method, host, target.partition("?")[0])
        provider = place.provider.name if place else ""
        return self._routes.get(provider) or self._routes.get("")

    def _by_path(self, method: str, target: str, host: str) -> Route | None:
        """The route of a request whose path alone says what it is for."""
        place = self._addresses.find(method, host, target.partition("?")[0])
        provider = place.provider.name if place else ""
        if provider or "" in self._routes:
            upstream = self.of_provider(provider)
            return Route(upstream, f"{upstream.base}{target}")
        return None

    def of_provider(self, provider: str) -> Upstream:
        """Where a provider's requests go; raises UsageError if its host is not known."""
        return self._routes.get(provider) or self._routes.get("") or _of_vendor(provider)


def _path_of(target: str) -> str:
    return "/" + target.partition("://")[2].partition("/")[2]


@lru_cache(64)
def _of_vendor(provider: str) -> Upstream:
    hosts = [h for p in known() if p.name == provider and p.surface == "api" for h in p.hosts]
    host = next((host for host in hosts if "*" not in host), None)
    if host is None:
        raise UsageError(
            f"the host of {provider} depends on region or account: give "
            f"--upstream {provider}=https://HOST, or use the server as a proxy (--tls)"
        )
    name, port = split_host(host)
    is_local = port is not None and port != 443
    return Upstream(name, port or 443, tls=not is_local)


def _parsed(text: str) -> tuple[str, Upstream]:
    name, equals, address = text.partition("=")
    if not equals or "://" in name:
        name, address = "", text
    if name and name not in provider_names():
        raise UnknownName("provider", name, provider_names(), where="--upstream")
    return name, _of_address(address)


def _of_address(address: str) -> Upstream:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{_FORM}; {address!r}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{_FORM}; got {address!r}")
    tls = parts.scheme == "https"
    return Upstream(parts.hostname, port or (443 if tls else 80), tls, parts.path.rstrip("/"))


@lru_cache(1)
def trusting() -> ssl.SSLContext:
    """TLS to upstreams: the machine's certificates, and those of SSL_CERT_FILE."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
