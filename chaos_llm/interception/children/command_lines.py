"""The hosts in the command line of a network tool.

These tools may ignore proxy variables, and an error is clearest where the child is started. Command
lines of other programs may contain a host without a request: `git commit -m "use api.openai.com"`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

_TOOLS = frozenset(
    {
        "aria2c",
        "curl",
        "dig",
        "getent",
        "grpcurl",
        "host",
        "nc",
        "ncat",
        "netcat",
        "nslookup",
        "openssl",
        "ping",
        "socat",
        "ssh",
        "telnet",
        "websocat",
        "wget",
    }
)


def hosts_in(arguments: Iterable[object]) -> Iterator[tuple[str, int | str | None]]:
    """Each host in a network tool's arguments, with its port or scheme; none for other programs."""
    words = [word for argument in arguments for word in _words(argument)]
    if not any(os.path.basename(word) in _TOOLS for word in words):  # noqa: PTH119 - text, no file
        return
    for word in words:
        try:
            parts = urlsplit(word if "//" in word else f"//{word}")
            host, port = parts.hostname, parts.port or parts.scheme or None
        except ValueError:
            continue
        if host:
            yield host, port


def _words(argument: object) -> list[str]:
    """The words of an argument, which may be a script for a shell."""
    text = os.fsdecode(argument) if isinstance(argument, str | bytes | os.PathLike) else ""
    if not any(mark in text for mark in " \t\n;|&"):
        return [text]
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed
        return text.split()
