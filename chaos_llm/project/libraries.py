"""The libraries that `chaos-llm doctor` looks for, and what an outage makes of them.

SDKs and frameworks are listed with the major versions that CI tests, from the extras in
pyproject.toml and the sessions of noxfile.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from chaos_llm.interception import clients
from chaos_llm.interception.clients import TESTED_GRPCIO, Client

# By distribution: the major versions that were tested.
TESTED: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "anthropic": (0, 2),
        "openai": (2, 3),
        "google-genai": (2, 3),
        "boto3": (1,),
        "cohere": (7,),
        "groq": (1,),
        "llama-api-client": (0,),
        "mistralai": (2, 3),
        "ollama": (0,),
        "together": (3,),
        "xai-sdk": (1,),
        "google-cloud-aiplatform": (2,),
        "agno": (3,),
        "autogen-ext": (0,),
        "instructor": (1,),
        "langchain-anthropic": (1,),
        "langchain-core": (1,),
        "langchain-openai": (1,),
        "litellm": (1,),
        "llama-index-llms-openai": (0,),
        "openai-agents": (0,),
        "pydantic-ai-slim": (2,),
    }
)
CLIENTS: Mapping[str, Client] = MappingProxyType(
    {
        **dict.fromkeys(
            ("httpx", "httpx2", "aiohttp", "urllib3", "requests", "botocore"),
            clients.HTTP_CLIENTS[0],
        ),
        "grpcio": clients.GRPC_ANSWERED,
        "pycurl": clients.CURL,
        "curl_cffi": clients.NATIVE,
        "httplib2": clients.STANDARD_HTTP,
        "websockets": clients.WEBSOCKETS,
        "websocket-client": clients.WEBSOCKETS,
    }
)
MOCKS = (
    *("respx", "pytest-httpx", "responses", "requests-mock", "aioresponses", "moto", "vcrpy"),
    "pytest-recording",
)
# Clocks that may not run when an outage begins, and the plugin by which one starts itself.
CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "freezegun": "start it inside the outage, or leave it out of the test",
        "pytest-freezer": "do not use its fixture in a test with an outage",
        "looptime": "its pytest plugin gives loops another clock; use pytest -p no:looptime_plugin",
        "aiotools": "its VirtualClock and an outage exclude each other",
        "async-solipsism": "its loop and an outage exclude each other",
    }
)
PLUGINS = (
    *("pytest-asyncio", "pytest-bdd", "pytest-django", "pytest-randomly", "pytest-rerunfailures"),
    *("pytest-split", "pytest-subtests", "pytest-timeout", "pytest-xdist"),
)


@dataclass(frozen=True)
class Installed:
    """An installed distribution; `note` is empty where there is nothing to say of it."""

    name: str
    version: str
    state: str
    note: str = ""


def sdks() -> list[Installed]:
    """The installed SDKs and frameworks: `tested`, or `untested` in this major version."""
    return [_sdk(name, found, TESTED[name]) for name, found in installed(TESTED)]


def http_clients() -> list[Installed]:
    """The installed clients: `answered` or `refused` in an outage."""
    return [_client(name, found, CLIENTS[name]) for name, found in installed(CLIENTS)]


def installed(names: Mapping[str, object] | Sequence[str]) -> list[tuple[str, str]]:
    """Those of the distributions that are installed, each with its version."""
    found = []
    for name in names:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found


def _sdk(name: str, found: str, tested: tuple[int, ...]) -> Installed:
    if _release(found)[:1] in [(major,) for major in tested]:
        return Installed(name, found, "tested")
    versions = " and ".join(f"{major}.x" for major in tested)
    return Installed(name, found, "untested", f"tested with {versions}")


def _client(name: str, found: str, client: Client) -> Installed:
    oldest, newest = TESTED_GRPCIO
    if name == "grpcio" and not oldest <= _release(found)[:2] <= newest:
        client = clients.GRPC
    return Installed(name, found, client.treatment, client.way_out)


def _release(written: str) -> tuple[int, ...]:
    """The numbers of a version: (3, 52, 0); a part that is no number ends it."""
    numbers: list[int] = []
    for part in written.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)
