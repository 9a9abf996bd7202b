"""Which host is which provider: the vendors' hosts, base-URL variables, a team's gateways."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.providers import PROVIDERS, find
from chaos_llm.providers.provider import Provider

_VARIABLE_SUFFIXES = ("_BASE_URL", "_API_BASE")


class Hosts:
    """From a host, or host:port, to the providers that answer there."""

    def __init__(self, named: Mapping[str, tuple[str, ...]]) -> None:
        self._exact = {host: names for host, names in named.items() if "*" not in host}
        self._globs = [(host, names) for host, names in named.items() if "*" in host]
        self._seen: dict[str, tuple[str, ...]] = {}

    def names(self, host: str, port: int | None = None) -> tuple[str, ...]:
        """The providers behind a host; none where it is not one of ours."""
        asked = f"{host}:{port}" if port else host
        names = self._seen.get(asked)
        if names is None:
            names = self._seen[asked] = self._look_up(asked) or self._look_up(host)
        return names

    def provider(self, names: tuple[str, ...], method: str, path: str) -> Provider:
        """The wire format of a request to a host with these providers."""
        for name in names:
            provider = find(name, method, path)
            if provider.claims(method, path):
                return provider
        return find(names[0], method, path)

    def is_vendor(self, host: str) -> bool:
        """Whether a host is a vendor's own, out on the internet, rather than a base URL."""
        return any(host in provider.hosts for provider in PROVIDERS)

    def _look_up(self, asked: str) -> tuple[str, ...]:
        if asked in self._exact:
            return self._exact[asked]
        return next((names for glob, names in self._globs if fnmatchcase(asked, glob)), ())


def host_map(environ: Mapping[str, str], start: Path | None = None) -> Hosts:
    """The vendors' hosts, then base-URL variables, then `[tool.chaos_llm.hosts]`; the last wins."""
    named: dict[str, tuple[str, ...]] = {}
    for provider in PROVIDERS:
        for host in provider.hosts:
            named[host] = tuple(dict.fromkeys((*named.get(host, ()), provider.name)))
    named.update(_from_variables(environ))
    named.update(_from_pyproject(start or Path.cwd()))
    return Hosts(named)


def provider_names() -> tuple[str, ...]:
    """The providers that can be played, in the catalogue's order."""
    return tuple(dict.fromkeys(provider.name for provider in PROVIDERS))


def _from_variables(environ: Mapping[str, str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    known = set(provider_names())
    for variable, address in environ.items():
        for suffix in _VARIABLE_SUFFIXES:
            name = variable.removesuffix(suffix).lower().replace("_", "-")
            if variable.endswith(suffix) and name in known and address:
                yield _authority(address), (name,)


def _authority(address: str) -> str:
    return urlsplit(address if "//" in address else f"//{address}").netloc.rpartition("@")[2]


def _from_pyproject(start: Path) -> Iterable[tuple[str, tuple[str, ...]]]:
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            hosts = table.get("tool", {}).get("chaos_llm", {}).get("hosts", {})
            return [(host, _names(host, value, path)) for host, value in hosts.items()]
    return ()


def _names(host: str, value: Any, path: Path) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        message = f"{path}: [tool.chaos_llm.hosts] {host!r} is a provider or a list; got {value!r}"
        raise UsageError(message)
    for name in names:
        if name not in provider_names():
            where = f"{path}: [tool.chaos_llm.hosts] {host!r}"
            raise UnknownName("provider", str(name), provider_names(), where=where)
    return tuple(names)
