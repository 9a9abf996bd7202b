"""What a channel's and a call's credentials add to a request, as the core would ask them.

Google's channel credentials for machines keep their call credentials in C. They are noted where
they are made; those that were made before the outage are not known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaos_llm.interception.grpc.targets import text
from chaos_llm.protocol.grpc_wire import Metadata

# What stands for a credential of a channel from before the outage, which keeps it in C.
UNKNOWN: Metadata = (("authorization", "Bearer credential-from-before-the-outage"),)
COMPUTE_ENGINE = "channel_credentials_compute_engine"  # of cygrpc

_hidden: dict[int, tuple[Any, Any]] = {}  # by id: channel credentials, and their call credentials


class NoCredentials(Exception):
    """An app's own plugin could not say what to send."""


def added_metadata(credentials: Any, host: str, method: str) -> Metadata:
    """The metadata that credentials add to a call; raises NoCredentials."""
    if credentials is None:
        return ()
    known = _hidden.get(id(credentials))
    if known is not None:
        return added_metadata(known[1], host, method)
    if type(credentials).__name__ == "ComputeEngineChannelCredentials":
        return UNKNOWN
    added: Metadata = ()
    for each in getattr(credentials, "_call_credentialses", ()):
        added += added_metadata(each, host, method)
    added += added_metadata(getattr(credentials, "_channel_credentials", None), host, method)
    plugin = getattr(credentials, "_metadata_plugin", None)
    return added if plugin is None else added + _asked(plugin, host, method)


def _asked(plugin: Any, host: str, method: str) -> Metadata:
    added: list[tuple[str, Any]] = []
    failures: list[str] = []

    def answered(metadata: Any, code: int, details: Any) -> None:
        if code:
            failures.append(f"Getting metadata from plugin failed with error: {text(details)}")
        else:
            added.extend((text(name), value) for name, value in metadata)

    service, _, name = method.rpartition("/")
    plugin(f"https://{host}{service}", name, answered)
    if failures:
        raise NoCredentials(failures[0])
    return tuple(added)


def noting(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that makes channel credentials, and notes the call credentials within."""

    def noted(call_credentials: Any) -> Any:
        made = make(call_credentials)
        _hidden[id(made)] = (made, call_credentials)
        return made

    return noted


def forget() -> None:
    """Drop what was noted."""
    _hidden.clear()
