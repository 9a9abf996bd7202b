"""The providers behind a host: vendors' hosts, base-URL variables, and a team's gateways."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chaos_llm import extensions
from chaos_llm.config import own_table
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.protocol.messages import UNSERVED
from chaos_llm.providers import find, known
from chaos_llm.providers.provider import Provider
from chaos_llm.requests.host_names import SCHEME_PORTS, canonical

_VARIABLE_SUFFIXES = ("_BASE_URL", "_API_BASE")
_VARIABLES: Mapping[str, tuple[str, ...]] = {  # variables that do not begin with a provider's name
    "ANTHROPIC_BEDROCK_BASE_URL": ("bedrock",),
    "ANTHROPIC_VERTEX_BASE_URL": ("vertex",),
    "AWS_ENDPOINT_URL": ("bedrock",),
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ("bedrock",),
    "AZURE_OPENAI_ENDPOINT": ("azure-openai",),
    "CO_API_URL": ("cohere",),
    "GOOGLE_GEMINI_BASE_URL": ("vertex", "gemini"),  # the SDK sends Vertex paths there, too
    "GOOGLE_VERTEX_BASE_URL": ("vertex",),
    "LLAMA_API_CLIENT_BASE_URL": ("meta-llama",),
    "OLLAMA_HOST": ("ollama",),
}
_TABLE = "[tool.chaos_llm.hosts]"

Names = tuple[str, ...]


@lru_cache(512)
def _provider(names: Names, method: str, path: str) -> Provider:
    """The provider that a request is for, of those behind its host, by its method and path."""
    served = [
        provider
        for name in names
        if (provider := find(name, method, path)).surface != UNSERVED
        and provider.claims(method, path)
    ]
    if served:
        return next((provider for provider in served if not provider.yields), served[0])
    # No provider serves this path; behind a gateway a prefix of the path may name the provider.
    named = (name for name in names if name in path.split("/"))
    return find(next(named, names[0]), method, path)


class Hosts:
    """The providers that answer at a host.

    `layers` map hosts to providers; the first layer that has a host counts. A host may have a
    port, or no port, which means all ports; it may be a glob.
    """

    provider = staticmethod(_provider)  # the cache itself, because every request asks it

    def __init__(self, *layers: Mapping[str, Names]) -> None:
        self._layers = [layer for layer in layers if layer]
        self._seen: dict[tuple[str, int | None, str], Names] = {}

    def names(self, host: str, port: int | None = None, scheme: str = "https") -> Names:
        """The providers behind a host; none if it is not a provider's host."""
        key = (host, port, scheme)
        names = self._seen.get(key)
        if names is None:
            names = self._seen[key] = self._look_up(
                canonical(host), port or SCHEME_PORTS.get(scheme, 443)
            )
        return names

    def patterns(self) -> tuple[str, ...]:
        """The hosts, `host:port` pairs and globs of all providers."""
        return tuple(dict.fromkeys(pattern for layer in self._layers for pattern in layer))

    def _look_up(self, host: str, port: int) -> Names:
        for layer in self._layers:
            for name in (f"{host}:{port}", host):
                if name in layer:
                    return layer[name]
                for glob, names in layer.items():
                    if "*" in glob and fnmatchcase(name, glob):
                        return names
        return ()


def host_map(environ: Mapping[str, str], start: Path | None = None) -> Hosts:
    """Hosts from `[tool.chaos_llm.hosts]`, then base-URL variables, then the vendors' own hosts.

    Raises UsageError for a malformed table, UnknownName for an unknown provider in it.
    """
    variables: dict[str, Names] = {}
    vendors = _vendors(extensions.edition("providers"))
    for variable, address in environ.items():
        providers = _providers_in(variable) if address else ()
        host, port = _host_and_port(variable, address) if providers else ("", 0)
        if host:
            # Two variables may name the same gateway, and a variable another vendor's own host.
            others = variables.get(f"{host}:{port}") or vendors.get(host, ())
            variables[f"{host}:{port}"] = tuple(dict.fromkeys((*others, *providers)))
    return Hosts(_from_pyproject(start or Path.cwd()), variables, vendors)


def provider_names() -> Names:
    """The names of all simulated providers, in the catalogue's order."""
    return tuple(dict.fromkeys(provider.name for provider in known()))


@lru_cache(1)
def _vendors(_edition: tuple[object, ...]) -> Mapping[str, Names]:
    """The hosts of all known providers; `_edition` changes when a test adds one."""
    named: dict[str, Names] = {}
    for provider in known():
        for host in provider.hosts:
            named[host] = tuple(dict.fromkeys((*named.get(host, ()), provider.name)))
    return named


def _providers_in(variable: str) -> Names:
    if variable in _VARIABLES:
        return _VARIABLES[variable]
    for suffix in _VARIABLE_SUFFIXES:
        name = variable.removesuffix(suffix).lower().replace("_", "-")
        if variable.endswith(suffix) and name in provider_names():
            return (name,)
    return ()


def _host_and_port(variable: str, address: str) -> tuple[str, int]:
    """Host and port of an address; without a port, the default port of its scheme."""
    try:
        parts = urlsplit(address if "//" in address else f"https://{address}")
        return canonical(parts.hostname or ""), parts.port or SCHEME_PORTS.get(parts.scheme, 443)
    except ValueError as error:
        message = f"{variable}={address!r} is not an address: {error}"
        raise UsageError(message) from None


def _from_pyproject(start: Path) -> dict[str, Names]:
    path, table = own_table(start)
    hosts = table.get("hosts", {})
    if not isinstance(hosts, dict):
        raise UsageError(f"{path}: {_TABLE} is a table of hosts; got {hosts!r}")
    return {host.casefold(): _names(host, value, path) for host, value in hosts.items()}


def _names(host: str, value: Any, path: Path) -> Names:
    if "/" in host:
        raise UsageError(f"{path}: {_TABLE} {host!r}: write the host without scheme and path")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise UsageError(f"{path}: {_TABLE} {host!r} is a provider or a list; got {value!r}")
    for name in names:
        if name not in provider_names():
            where = f"{path}: {_TABLE} {host!r}"
            raise UnknownName("provider", str(name), provider_names(), where=where)
    return tuple(names)
