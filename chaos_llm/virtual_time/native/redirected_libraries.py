"""Which shared libraries read virtual time, and why others read the real time."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Collection, Mapping
from pathlib import PurePath
from types import MappingProxyType

# Packages with compiled code that reads real time. Test tools and telemetry do, too; they are in
# real_time_callers.py.
REAL_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "_time_machine": "it sets the wall clock of Python code",
        "cryptography": "certificates of real services are validated against the real date",
        "eventlet": "its hub has its own timers",
        "gevent": "its loop is libev, whose timers cannot follow virtual time",
        "grpc": "its core calls real services, with its own threads and timers",
        "grpcio": "its core calls real services, with its own threads and timers",
        "greenlet": "gevent and eventlet use it to switch between their threads",
        "playwright": "it controls a real browser",
        "uvloop": "its loop is libuv; during an outage uvloop makes asyncio's loops instead",
    }
)
# A certificate of a real service may not yet, or no longer, be valid at the date of an outage.
REAL_LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "libcrypto": "certificates of real services are validated against the real date",
        "libssl": "certificates of real services are validated against the real date",
        "libgnutls": "certificates of real services are validated against the real date",
    }
)
# Other libraries of the system read real time, because test tools use them, too.
REDIRECTED_SYSTEM_LIBRARIES = ("libsqlite3",)

_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
_SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew")


def is_redirected(path: str, real_packages: Collection[str] = ()) -> bool:
    """Whether the library in this file reads virtual time; `real_packages` never do."""
    name = PurePath(path).name
    if name.startswith(tuple(REAL_LIBRARIES)):
        return False
    package = _package(path)
    if package is not None:
        return package not in REAL_PACKAGES and package not in real_packages
    if name.startswith(REDIRECTED_SYSTEM_LIBRARIES):
        return True
    return not _is_of_the_system(path)  # any other library is an extension of the app itself


def _package(path: str) -> str | None:
    """The top-level package that installed a library: numpy, also for a file in numpy.libs."""
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
