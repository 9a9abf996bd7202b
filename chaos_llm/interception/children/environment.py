"""The environment variables of child processes that keep their requests from the providers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from chaos_llm.interception.children import proxy
from chaos_llm.interception.children.refusal_log import RefusalLog

VARIABLE = "CHAOS_LLM_EGRESS"  # read by `site/sitecustomize.py`

_SITE = Path(__file__).with_name("site")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_EXEMPT = ("no_proxy", "NO_PROXY")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ChildEnvironment:
    """Adds variables to a child's environment: a guard for Python, a proxy for other languages.

    The proxy starts with the first child and ends with the outage.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns, self._refusal_log = list(patterns), RefusalLog()
        self.settings = json.dumps(
            {"patterns": self._patterns, "refusal_log": self._refusal_log.path}
        )
        self._proxy: subprocess.Popen[str] | None = None
        self._port, self._process_id = 0, os.getpid()

    def post(self, text: str) -> None:
        """Record a refusal; for a forked child, which has a copy of this object."""
        self._refusal_log.write(text)

    def added_to(self, environ: Mapping[str, str]) -> dict[str, str]:
        """A child's environment with the variables of the outage."""
        added = {VARIABLE: self.settings, "NODE_USE_ENV_PROXY": "1"}
        added["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_SITE), environ.get("PYTHONPATH")]))
        address = f"http://127.0.0.1:{self._proxy_port(environ)}"
        for name in _PROXIES:
            added[name] = added[name.upper()] = address
        exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        local = ",".join([*_LOCAL, *filter(None, self._exempt_by_app(exempt))])
        return {**environ, **added, **dict.fromkeys(_EXEMPT, local)}

    def end(self) -> list[str]:
        """End the proxy and return the children's refusals; in a forked child, do nothing."""
        if os.getpid() != self._process_id:
            return []
        if self._proxy is not None:
            with self._proxy:  # closes its standard input, which makes it end
                pass
        return self._refusal_log.read_and_delete()

    def _exempt_by_app(self, exempt: str) -> list[str]:
        """Hosts that the app itself exempts from proxies, without those that the outage added."""
        by_outage = {pattern.removeprefix("*") for pattern in self._patterns}
        return [
            host for host in map(str.strip, exempt.split(",")) if host and host not in by_outage
        ]

    def _proxy_port(self, environ: Mapping[str, str]) -> int:
        if self._proxy is None:
            named = (environ.get(name) or environ.get(name.upper()) for name in _PROXIES[1::-1])
            upstream = next(filter(None, named), "")
            settings = {
                "patterns": self._patterns,
                "refusal_log": self._refusal_log.path,
                "upstream": upstream,
            }
            self._proxy = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-I", "-S", proxy.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self._proxy.stdin is not None
            assert self._proxy.stdout is not None
            self._proxy.stdin.write(json.dumps(settings) + "\n")
            self._proxy.stdin.flush()
            self._port = int(self._proxy.stdout.readline())
        return self._port
