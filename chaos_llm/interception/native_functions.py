"""The functions that replace the C library's look-ups and connections during an outage.

No Python exception can pass through native code, so a refused call fails as behind a firewall.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from chaos_llm.errors import UncaughtEgress
from chaos_llm.interception.clients import NATIVE, Client
from chaos_llm.interception.destinations import question
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.virtual_time.native.shared_libraries import c_library

_INT, _SIZE, _POINTER, _TEXT = ctypes.c_int, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p
_LENGTH = ctypes.c_uint32
# Result and arguments of each function, as in <netdb.h> and <sys/socket.h>.
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "getaddrinfo": (_INT, _TEXT, _TEXT, _POINTER, _POINTER),
    "gethostbyname": (_POINTER, _TEXT),
    "gethostbyname2": (_POINTER, _TEXT, _INT),
    "gethostbyname_r": (_INT, _TEXT, _POINTER, _POINTER, _SIZE, _POINTER, _POINTER),
    "gethostbyname2_r": (_INT, _TEXT, _INT, _POINTER, _POINTER, _SIZE, _POINTER, _POINTER),
    "connect": (_INT, _INT, _POINTER, _LENGTH),
    "sendto": (ctypes.c_ssize_t, _INT, _POINTER, _SIZE, _INT, _POINTER, _LENGTH),
}
_EAI_FAIL = -4  # "Non-recoverable failure in name resolution", <netdb.h>
_NAME_SERVER = 53  # port
_LONGEST_QUESTION = 512  # bytes of a packet: RFC 1035, 4.2.1

_guard: EgressGuard | None = None  # None after the outage, when a thread may still be in here
_kept_callbacks: list[Any] = []


def use_guard(guard: EgressGuard | None) -> None:
    """Check calls with this guard from now on; with None, let all calls pass."""
    global _guard  # noqa: PLW0603 - native code has one C library
    _guard = guard


@cache
def stand_in(function: str, *, is_python: bool) -> int:
    """The address of a function's replacement, which stays valid for threads about to enter it."""
    real = _real(function)
    client = None if is_python else NATIVE
    check = _CHECKS[function]

    def check_first(*args: Any) -> Any:
        guard = _guard
        if guard is not None:
            try:
                check(guard, client, *args)
            except UncaughtEgress:
                return _failed(function, args)
        return real(*args)

    result, *arguments = SIGNATURES[function]
    made = ctypes.CFUNCTYPE(result, *arguments, use_errno=True)(check_first)
    _kept_callbacks.append(made)
    address = ctypes.cast(made, ctypes.c_void_p).value
    assert address is not None
    return address


def _real(function: str) -> Callable[..., Any]:
    result, *arguments = SIGNATURES[function]
    # Indexing makes a new object; an attribute would be shared, and its types must not change.
    found = c_library()[function]
    found.restype, found.argtypes = result, arguments
    return found


def _failed(function: str, args: tuple[Any, ...]) -> Any:
    """The result of a function whose request a firewall forbids."""
    ctypes.set_errno(errno.EACCES)
    if function == "getaddrinfo":
        return _EAI_FAIL
    if function in ("connect", "sendto"):
        return -1
    if function.endswith("_r"):
        _write_pointer(args[-2], 0)  # the result
        ctypes.c_int.from_address(args[-1]).value = 3  # NO_RECOVERY
        return errno.EACCES
    return None


def _write_pointer(address: int, value: int) -> None:
    ctypes.c_void_p.from_address(address).value = value


def _check_look_up(guard: EgressGuard, client: Client | None, name: Any, *more: Any) -> None:
    port = more[0] if more and isinstance(more[0], bytes) else None
    guard.check_host(name, port, client)


def _check_connect(guard: EgressGuard, client: Client | None, _: int, to: int, size: int) -> None:
    if (endpoint := _endpoint(to, size)) is not None:
        guard.check_endpoint(*endpoint, client)


def _check_sendto(
    guard: EgressGuard, client: Client | None, _: int, data: int, count: int, __: int, *to: int
) -> None:
    endpoint = _endpoint(*to)
    if endpoint is None:
        return
    guard.check_endpoint(*endpoint, client)
    if endpoint[1] == _NAME_SERVER and data:
        wanted = question(ctypes.string_at(data, min(count, _LONGEST_QUESTION)))
        if wanted is not None:
            guard.check_host(wanted.host, None, client)


_CHECKS: dict[str, Callable[..., None]] = {
    "getaddrinfo": _check_look_up,
    "gethostbyname": _check_look_up,
    "gethostbyname2": _check_look_up,
    "gethostbyname_r": _check_look_up,
    "gethostbyname2_r": _check_look_up,
    "connect": _check_connect,
    "sendto": _check_sendto,
}


def _endpoint(address: int | None, size: int) -> tuple[str, int] | None:
    """Host and port of a `struct sockaddr` for IPv4 or IPv6; None for any other."""
    if not address or size < 8:
        return None
    data = ctypes.string_at(address, min(size, 28))
    (family,) = struct.unpack_from("=H", data)
    (port,) = struct.unpack_from("!H", data, 2)
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, data[4:8]), port
    if family == socket.AF_INET6 and len(data) >= 24:
        return socket.inet_ntop(socket.AF_INET6, data[8:24]), port
    return None
