"""Which shared libraries an outage's clock moves, and why others stay real."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Collection, Mapping
from pathlib import PurePath
from types import MappingProxyType

# Packages with compiled code whose clocks stay real. Test tools and telemetry do, too: callers.py.
REAL_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "_time_machine": "it is what moves the wall clock of Python's own code",
        "cryptography": "certificates of real services are judged by the real date",
        "eventlet": "its hub has timers of its own",
        "gevent": "its loop is libev, whose timers are not on the clock",
        "grpc": "its core talks to real services, with threads and timers of its own",
        "grpcio": "its core talks to real services, with threads and timers of its own",
        "greenlet": "gevent and eventlet switch by it",
        "playwright": "it talks to a real browser",
        "uvloop": "its loop is libuv; an outage hands out asyncio's loop instead",
    }
)
# A certificate of a real service is judged by today's date, not by that of an outage.
REAL_LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "libcrypto": "certificates of real services are judged by the real date",
        "libssl": "certificates of real services are judged by the real date",
        "libgnutls": "certificates of real services are judged by the real date",
    }
)
# The system's libraries stay real, for programs and tools use them, too; but for these.
MOVED_SYSTEM_LIBRARIES = ("libsqlite3",)

_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
_SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew")


def is_moved(path: str, real_packages: Collection[str] = ()) -> bool:
    """Whether the clocks of the library in this file follow; `real_packages` never do."""
    name = PurePath(path).name
    if name.startswith(tuple(REAL_LIBRARIES)):
        return False
    package = _package(path)
    if package is not None:
        return package not in REAL_PACKAGES and package not in real_packages
    if name.startswith(MOVED_SYSTEM_LIBRARIES):
        return True
    return not _is_of_the_system(path)  # then it is the app's own extension


def _package(path: str) -> str | None:
    """The top-level package that a library was installed with: numpy, for numpy.libs as well."""
    parts = PurePath(path).parts
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in _PACKAGE_FOLDERS:
            return parts[index + 1].split(".")[0]
    return None


def _is_of_the_system(path: str) -> bool:
    own = [sys.base_prefix, sysconfig.get_config_var("LIBDIR") or sys.base_prefix]
    return not path.startswith("/") or any(
        PurePath(path).is_relative_to(folder) for folder in (*_SYSTEM_FOLDERS, *own)
    )
