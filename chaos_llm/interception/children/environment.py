"""What the environment of a child process says, so that no request of it reaches a provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from chaos_llm.interception.children import proxy
from chaos_llm.interception.children.mailbox import Mailbox

VARIABLE = "CHAOS_LLM_EGRESS"  # what `site/sitecustomize.py` reads

_SITE = Path(__file__).with_name("site")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_EXEMPT = ("no_proxy", "NO_PROXY")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ChildEnvironment:
    """The variables that an outage adds: a guard for Python, a proxy for other languages.

    The proxy is started with the first child, and ends with the outage.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns, self._mailbox = list(patterns), Mailbox()
        self.settings = json.dumps({"patterns": self._patterns, "mailbox": self._mailbox.path})
        self._proxy: subprocess.Popen[str] | None = None
        self._port, self._home = 0, os.getpid()

    def post(self, text: str) -> None:
        """Leave word of a refusal; for a child that was forked and shares this object."""
        self._mailbox.post(text)

    def added_to(self, environ: Mapping[str, str]) -> dict[str, str]:
        """An environment for a child, with what is ours."""
        mine = {VARIABLE: self.settings, "NODE_USE_ENV_PROXY": "1"}
        mine["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_SITE), environ.get("PYTHONPATH")]))
        address = f"http://127.0.0.1:{self._proxy_port(environ)}"
        for name in _PROXIES:
            mine[name] = mine[name.upper()] = address
        exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        local = ",".join([*_LOCAL, *filter(None, self._of_theirs(exempt))])
        return {**environ, **mine, **dict.fromkeys(_EXEMPT, local)}

    def end(self) -> list[str]:
        """End the proxy; returns what children were refused. In a forked child, do nothing."""
        if os.getpid() != self._home:
            return []
        if self._proxy is not None:
            with self._proxy:  # which closes its input, upon which it ends
                pass
        return self._mailbox.take()

    def _of_theirs(self, exempt: str) -> list[str]:
        """Hosts that are exempt for the app's own sake, without those that the outage added."""
        ours = {pattern.removeprefix("*") for pattern in self._patterns}
        return [host for host in map(str.strip, exempt.split(",")) if host and host not in ours]

    def _proxy_port(self, environ: Mapping[str, str]) -> int:
        if self._proxy is None:
            named = (environ.get(name) or environ.get(name.upper()) for name in _PROXIES[1::-1])
            upstream = next(filter(None, named), "")
            told = {
                "patterns": self._patterns,
                "mailbox": self._mailbox.path,
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
            self._proxy.stdin.write(json.dumps(told) + "\n")
            self._proxy.stdin.flush()
            self._port = int(self._proxy.stdout.readline())
        return self._port
