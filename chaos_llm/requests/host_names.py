"""Names of hosts: their canonical form, whether they are local, and patterns of them.

This module imports only the standard library, because child processes load it when they start.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import inet_aton

SCHEME_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}
_REMEMBERED = 1_000  # hosts whose look-up is cached


class HostPatterns:
    """Hosts by name, by `name:port` or by glob; a host without a port means all its ports."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        self._names = lru_cache(_REMEMBERED)(self._look_up)

    def is_out(self, host: str, port: int | str | None) -> bool:
        """Whether a pattern names this host, and it is not this machine."""
        if isinstance(port, str):
            port = int(port) if port.isdecimal() else SCHEME_PORTS.get(port)
        host = canonical(host)
        return self._names(host, port or 443) and not is_local(host)

    def ports(self, host: str) -> frozenset[int]:
        """The ports of a host in the patterns of the form `name:port`."""
        host = canonical(host)
        named = (pattern.rpartition(":") for pattern in self.patterns)
        return frozenset(
            int(port) for name, _, port in named if port.isdecimal() and fnmatchcase(host, name)
        )

    def _look_up(self, host: str, port: int) -> bool:
        spellings = (f"{host}:{port}", host)
        return any(
            spelling == pattern or ("*" in pattern and fnmatchcase(spelling, pattern))
            for pattern in self.patterns
            for spelling in spellings
        )


def canonical(host: str) -> str:
    """The canonical form of a host: lower case, no trailing dot, IP addresses in standard notation.

    `127.1` and `0x7f000001` are 127.0.0.1 to every C library, and so is `::ffff:127.0.0.1`.
    """
    host = host.casefold().rstrip(".")
    address = _address(host)
    return host if address is None else str(address)


def is_local(host: str) -> bool:
    """Whether a host is this machine; 0.0.0.0 and :: reach it as well."""
    address = _address(host)
    if address is None:
        return host.casefold().rstrip(".").rpartition(".")[2] == "localhost"
    return address.is_loopback or address.is_unspecified


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host denotes in any notation that C libraries read; else None."""
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return mapped or address
    if not host[:1].isdigit():
        return None
    try:
        return IPv4Address(inet_aton(host))
    except OSError:
        return None
