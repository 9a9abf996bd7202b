"""Interception of pycurl: a transfer to a provider's host is refused before it begins."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pycurl

from chaos_llm.interception.clients import CURL
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.virtual_time.patching import replace_methods

# A handle's URL cannot be read. If it was set before the outage it stays unknown, and the request
# is refused when libcurl looks the host up in the C library.
_urls: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Refuse transfers to the providers until `undo` is closed."""
    guard = context.guard
    if guard is None:
        return
    undo.callback(_urls.clear)
    # pytest-recording replaces `Curl` by another object, but its handles are of the real class.
    curl, multi = pycurl.Curl().__class__, pycurl.CurlMulti
    replace_methods(
        undo,
        curl,
        setopt=_recording(curl.setopt),
        perform=_guarded(guard, curl.perform, lambda handle: handle),
        perform_rb=_guarded(guard, curl.perform_rb, lambda handle: handle),
        perform_rs=_guarded(guard, curl.perform_rs, lambda handle: handle),
    )
    add = _guarded(guard, multi.add_handle, lambda _, handle: handle)
    replace_methods(undo, multi, add_handle=add)


def _recording(real: Callable[..., Any]) -> Callable[..., Any]:
    def setopt(handle: Any, option: int, *value: Any) -> Any:
        if option == pycurl.URL and value:
            url = value[0]
            _urls[handle] = url.decode("latin-1") if isinstance(url, bytes) else str(url)
        return real(handle, option, *value)

    return setopt


def _guarded(
    guard: EgressGuard, real: Callable[..., Any], handle_of: Callable[..., Any]
) -> Callable[..., Any]:
    def method(*args: Any) -> Any:
        url = _urls.get(handle_of(*args), "")
        with suppress(ValueError):  # libcurl reports a wrong URL itself
            parts = urlsplit(url if "//" in url else f"http://{url}")
            guard.check_host(parts.hostname, parts.port or parts.scheme, CURL)
        return real(*args)

    return method
