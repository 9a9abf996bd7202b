"""Which worker a run lives on: the crc32 of its name, which a load balancer can compute, too."""

from __future__ import annotations

import re
from zlib import crc32

from chaos_llm.server.runs.runs import DEFAULT

_END = re.compile(rb"\r?\n\r?\n")
_BEGINS_LIKE_HTTP = re.compile(rb"(?:\r?\n)*[A-Z]{0,32}(?:$|(?<=[A-Z]) [^\r\n]*)")
_HEADER = re.compile(rb"(?im)^x-chaos-run:[ \t]*([A-Za-z0-9_.-]{1,64})[ \t]*\r?$")
_IN_A_KEY = re.compile(rb"chaos-run-([A-Za-z0-9_.-]{1,64})")


def worker_of(run: str, workers: int) -> int:
    """The number of the worker on which a run lives."""
    return crc32(run.encode("utf-8", "replace")) % workers


def head_of(data: bytes) -> bytes | None:
    """The head of the first request of a connection; None where more must come.

    Bytes that begin no HTTP request are a head, too: nothing that follows makes them one.
    """
    end = _END.search(data)
    if end is not None:
        return data[: end.end()]
    return None if _BEGINS_LIKE_HTTP.match(data) else data


def name_of(head: bytes) -> str:
    """The run that a head names, in X-Chaos-Run or in a key; else the default one.

    Where a request means another run (an admin call that names it in its body), the worker hands
    the connection on.
    """
    named = _HEADER.findall(head) or _IN_A_KEY.findall(head)
    return named[-1].decode() if named else DEFAULT
