"""What `chaos-llm doctor` finds out about an environment and a project.

It holds no secret: of a variable with a key it says whether it is set, of an address its host.
"""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chaos_llm import config
from chaos_llm.errors import ChaosError
from chaos_llm.project import libraries, self_test
from chaos_llm.project.libraries import Installed
from chaos_llm.virtual_time import interpreters

_BASE_URLS = ("_BASE_URL", "_API_BASE", "_ENDPOINT", "_API_URL", "_HOST", "_ENDPOINT_URL")
_KEYS = ("_API_KEY", "_AUTH_TOKEN", "_ACCESS_KEY", "_ACCESS_KEY_ID", "_SESSION_TOKEN", "_TOKEN")
_VENDORS = (
    *("ANTHROPIC", "OPENAI", "AZURE_OPENAI", "AWS", "GEMINI", "GOOGLE", "CO", "COHERE", "MISTRAL"),
    *("GROQ", "TOGETHER", "XAI", "OLLAMA", "DEEPSEEK", "OPENROUTER", "LLAMA", "CHAOS_LLM"),
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was found; `problems` will not work, `warnings` may not."""

    chaos_llm: str
    python: str
    implementation: str
    platform: str
    pytest: str
    settings: Mapping[str, Any]
    sdks: list[Installed]
    clients: list[Installed]
    mocks: list[Installed]
    clocks: list[Installed]
    real_time: list[Installed]
    plugins: list[Installed]
    variables: Mapping[str, str]
    requests: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return asdict(self)


def diagnose(folder: Path, environ: Mapping[str, str] = os.environ) -> Diagnosis:
    """Look at this interpreter's environment, and at the project in a folder."""
    why_unsupported = interpreters.why_unsupported()
    problems, warnings = [why_unsupported] if why_unsupported else [], [*_python_warnings()]
    settings = _settings(folder, environ, problems)
    found = Diagnosis(
        chaos_llm=version("chaos_llm"),
        python=platform.python_version(),
        implementation=_implementation(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        pytest=version("pytest"),
        settings=settings,
        sdks=libraries.sdks(),
        clients=libraries.http_clients(),
        mocks=_listed(libraries.MOCKS, "answers for other hosts only"),
        clocks=[
            Installed(name, found, "excluded", libraries.CLOCKS[name])
            for name, found in libraries.installed(libraries.CLOCKS)
        ],
        real_time=[*_real_time()],
        plugins=_listed(libraries.PLUGINS, "found"),
        variables=dict(_variables(environ)),
        requests={} if problems else self_test.results(),
        problems=problems,
        warnings=warnings,
    )
    problems += [
        f"a request by {name} was not answered: {text}"
        for name, text in found.requests.items()
        if text != "answered"
    ]
    warnings += [f"{each.name} {each.version}: {each.note}" for each in _doubtful(found)]
    return found


def _doubtful(found: Diagnosis) -> Iterator[Installed]:
    yield from (each for each in found.sdks if each.state == "untested")
    yield from (each for each in found.clients if each.name == "grpcio" and each.note)
    yield from (each for each in found.clocks if each.name == "looptime")


def _python_warnings() -> Iterator[str]:
    oldest, newest = interpreters.TESTED
    if not oldest <= sys.version_info[:2] <= newest:
        tested = interpreters.tested_versions()
        yield f"Python {platform.python_version()} is untested; {tested} are tested"
    if sys.platform != "linux":
        yield f"{platform.system()} is untested; CI tests Linux"


def _implementation() -> str:
    build = ", free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return platform.python_implementation() + build


def _settings(folder: Path, environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The project's settings and profiles; what cannot be read is a problem."""
    from chaos_llm.profiles import catalogue  # noqa: PLC0415 - the catalogue of this folder
    from chaos_llm.requests.hosts import host_map  # noqa: PLC0415 - all providers

    found: dict[str, Any] = {"file": None, "keys": [], "hosts": 0, "profiles": 0}
    try:
        path, table = config.own_table(folder)
        found["file"] = os.path.relpath(path, folder) if path != folder else None
        found["keys"], found["hosts"] = sorted(table), len(table.get("hosts", {}))
        config.is_strict(folder)
        config.real_packages(folder)
        host_map(environ, folder)
        found["profiles"] = len(catalogue.names(folder))
    except ChaosError as error:
        problems.append(str(error))
    return found


def _listed(names: tuple[str, ...], state: str) -> list[Installed]:
    return [Installed(name, found, state) for name, found in libraries.installed(names)]


def _real_time() -> Iterator[Installed]:
    """Installed packages with threads or clocks of their own, which keep real time."""
    from chaos_llm.virtual_time.native.redirected_libraries import (  # noqa: PLC0415 - a table
        REAL_PACKAGES,
    )

    names = [name for name in REAL_PACKAGES if not name.startswith("_")]
    for name, found in libraries.installed(names):
        yield Installed(name, found, "keeps real time", REAL_PACKAGES[name])


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(environ.items()):
        if not value:
            continue
        of_a_vendor = name.startswith(_VENDORS)
        if name.upper() in _PROXIES:
            yield name, "set" if name.upper() == "NO_PROXY" else _host(value)
        elif of_a_vendor and name.endswith(_BASE_URLS):
            yield name, _host(value)
        elif of_a_vendor and name.endswith(_KEYS):
            yield name, "set"


def _host(address: str) -> str:
    """Scheme, host and port of an address, without user, password and path."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "not an address"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}{parts.hostname or ''}{port}"
