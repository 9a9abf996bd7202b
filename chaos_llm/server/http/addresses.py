"""The providers' addresses on one port: by a path's first segment, by Host, or by a known path.

http://127.0.0.1:8080/groq/openai/v1/chat/completions   the base URL that clients are given
Host: api.anthropic.com                                 a proxy, /etc/hosts, a container's alias
http://127.0.0.1:8080/v1/messages                       the provider that serves that path
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from chaos_llm.errors import UnknownName
from chaos_llm.protocol.messages import UNSERVED
from chaos_llm.providers.provider import Provider
from chaos_llm.requests.hosts import Names, host_map, provider_names
from chaos_llm.requests.placeholder_keys import placeholders

_GOOGLE = "google"  # Google's SDK sends Vertex paths to the Gemini API's address, too

# The variable, the path behind our address; from the vendors' SDKs and litellm. Those of one
# vendor that would send other services here (AWS_ENDPOINT_URL) are left alone.
_VARIABLES: Mapping[str, str] = {
    "ANTHROPIC_BASE_URL": "/anthropic",
    "ANTHROPIC_API_BASE": "/anthropic",
    "ANTHROPIC_FOUNDRY_BASE_URL": "/anthropic",
    "ANTHROPIC_AWS_BASE_URL": "/anthropic",
    "ANTHROPIC_BEDROCK_BASE_URL": "/bedrock",
    "ANTHROPIC_VERTEX_BASE_URL": "/vertex/v1",
    "OPENAI_BASE_URL": "/openai/v1",
    "OPENAI_API_BASE": "/openai/v1",
    "AZURE_OPENAI_ENDPOINT": "/azure-openai",
    "GOOGLE_GEMINI_BASE_URL": f"/{_GOOGLE}",
    "GOOGLE_VERTEX_BASE_URL": "/vertex",
    "GEMINI_API_BASE": "/gemini",
    "CO_API_URL": "/cohere",
    "GROQ_BASE_URL": "/groq",
    "TOGETHER_BASE_URL": "/together",
    "OLLAMA_HOST": "/ollama",
    "LLAMA_API_CLIENT_BASE_URL": "/meta-llama/v1",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "/bedrock",
}
# To the AI SDK a base URL ends in /v1, which the vendor's SDK adds itself; both read one variable.
_VERSIONED = ("anthropic",)
_NEEDED = {"OPENAI_API_VERSION": "2024-10-21", "AWS_REGION": "us-east-1"}  # by the SDKs
_LOOPBACK = "127.0.0.1,localhost,::1"
_NO_DOORS: Mapping[str, str] = {}
_KEYS_OF_IDS = ("AWS_ACCESS_KEY_ID",)  # AWS signs with the other one and does not send it
RUN_IN_A_KEY = "chaos-run-"


class Place(NamedTuple):
    """The wire format that a request speaks, and its path without our prefix."""

    provider: Provider
    path: str


class Addresses:
    """The providers that one server simulates, and their addresses."""

    def __init__(self, played: Sequence[str] = (), rootdir: Path | None = None) -> None:
        for name in played:
            if name not in provider_names():
                raise UnknownName("provider", name, provider_names())
        self.played: Names = tuple(played) or provider_names()
        self._hosts = host_map({}, rootdir)
        self._prefixes: dict[str, Names] = {name: (name,) for name in self.played}
        google = tuple(name for name in ("vertex", "gemini") if name in self.played)
        if google:
            self._prefixes[_GOOGLE] = google
        self.find = lru_cache(1024)(self._find)

    def names(self, host: str) -> Names:
        """The providers of this server behind a vendor's host; none behind any other."""
        name, port = split_host(host)
        return tuple(n for n in self._hosts.names(name, port) if n in self.played)

    def _find(self, method: str, host: str, path: str) -> Place | None:
        """The provider that answers a request; None for an unknown address."""
        names = self.names(host)
        prefix, _, rest = path[1:].partition("/")
        if not names and prefix in self._prefixes:
            names, path = self._prefixes[prefix], f"/{rest}"
            if prefix in _VERSIONED and not rest.startswith("v"):
                place = Place(self._hosts.provider(names, method, f"/v1{path}"), f"/v1{path}")
                if place.provider.surface != UNSERVED:
                    return place
        elif not names:
            provider = self._hosts.provider(self.played, method, path)
            return Place(provider, path) if provider.surface != UNSERVED else None
        return Place(self._hosts.provider(names, method, path), path)


def environment(
    url: str, run: str, environ: Mapping[str, str], doors: Mapping[str, str] = _NO_DOORS
) -> dict[str, str]:
    """What a child process needs to talk to this server: base URLs, and keys where unset.

    The keys of a named run carry its name, so that the run of its client is known by them. `doors`
    are the addresses of the providers behind Toxiproxy.
    """
    said = {variable: _base(url, path, doors) + path for variable, path in _VARIABLES.items()}
    said["CHAOS_LLM_URL"], said["CHAOS_LLM_RUN"] = url, run
    for variable, value in placeholders({} if run else environ):
        tells = run and (variable in _KEYS_OF_IDS or not variable.startswith("AWS_"))
        said[variable] = f"{value}-{RUN_IN_A_KEY}{run}" if tells else value
    said |= {name: value for name, value in _NEEDED.items() if not environ.get(name)}
    for variable in ("NO_PROXY", "no_proxy"):
        said[variable] = ",".join(filter(None, (environ.get(variable), _LOOPBACK)))
    return said


def _base(url: str, path: str, doors: Mapping[str, str]) -> str:
    """The address that serves a path: its provider's base URL; Gemini's for Google's paths."""
    name = path[1:].partition("/")[0]
    return doors.get("gemini" if name == _GOOGLE else name, url)


def split_host(host: str) -> tuple[str, int | None]:
    """A Host header as a name and a port, None without one."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and not name.endswith(":"):
        return name.strip("[]"), int(port)
    return host.strip("[]"), None
