"""TLS contexts that the clients of httpx and httpx2 share during an outage."""

from __future__ import annotations

import importlib
import os
from contextlib import ExitStack
from typing import Any

# Environment variables on which a TLS context depends.
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

_MOST_CONTEXTS = 64  # some 100 kB each; apps rarely have clients with more different settings

_tls_contexts: dict[Any, Any] = {}


def share_tls_contexts(library: str, undo: ExitStack) -> None:
    """Let a library's clients share their TLS context, because making one takes some 20 ms.

    Outages share it, too: a search runs hundreds of them, each with new clients.
    """
    transports = importlib.import_module(f"{library}._transports.default")
    make = getattr(transports, "create_ssl_context", None)  # not public, so it may be removed
    if make is None:
        return

    def make_once(*args: Any, **options: Any) -> Any:
        key = (make, args, *sorted(options.items()), *map(os.environ.get, _TRUST))
        try:
            known = _tls_contexts.get(key)
        except TypeError:  # an argument that is not hashable, such as a list
            return make(*args, **options)
        if known is None:
            if len(_tls_contexts) >= _MOST_CONTEXTS:
                _tls_contexts.clear()
            known = _tls_contexts[key] = make(*args, **options)
        return known

    _replace(transports, "create_ssl_context", make_once, undo)


def _replace(where: Any, name: str, new: Any, undo: ExitStack) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)
