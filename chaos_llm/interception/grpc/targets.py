"""The hosts and ports that a gRPC channel's target names."""

from __future__ import annotations

import re
from collections.abc import Iterator

# host:443, dns:///host:443, dns://name-server/host:443, ipv4:1.2.3.4:443,5.6.7.8:443
_TARGET = re.compile(r"(?:(?:dns|ipv4|ipv6):(?://[^/]*/)?)?(?P<hosts>.+)")
_ADDRESS = re.compile(r"(?:\[(?P<ipv6>[^]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d+))?$")


def addresses(target: bytes | str) -> Iterator[tuple[str, int | None]]:
    """Hosts and ports of a target; none for what is no host, such as unix:/path."""
    found = _TARGET.match(text(target))
    for each in found["hosts"].split(",") if found else ():
        address = _ADDRESS.match(each)
        if address is not None:
            port = address["port"]
            yield address["ipv6"] or address["host"], int(port) if port else None


def text(value: object) -> str:
    """What grpc has as text here and as bytes there."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
