"""Facts about a file descriptor: the two addresses of a connection, whether it listens, its name.

`_socket` and not `socket`: test suites replace `socket.socket` to forbid the network.
"""

from __future__ import annotations

import _socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Ends = tuple[object, object]  # own address, peer's address


def ends_of(fd: int) -> Ends | None:
    """Both addresses of a connection, empty for a socket pair; None for any other descriptor."""
    with _view(fd) as sock:
        try:
            return None if sock is None else (sock.getsockname(), sock.getpeername())
        except OSError:
            return None


def is_in_this_process(ends: Ends) -> bool:
    """Whether the other end of a connection is in this process."""
    return any(ends_of(int(fd.name)) == ends[::-1] for fd in Path("/dev/fd").iterdir())


def listens(fd: int) -> bool:
    """Whether this is a socket that accepts connections."""
    with _view(fd) as sock:
        try:
            return sock is not None and bool(
                sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN)
            )
        except OSError:
            return False


def name_of(fd: int, peer: object) -> str:
    """The name of the other end for messages and reports."""
    if isinstance(peer, tuple):
        return f"real socket to {peer[0]}:{peer[1]}"
    return f"real socket to {peer}" if peer else f"real file descriptor {fd}"


@contextmanager
def _view(fd: int) -> Iterator[_socket.socket | None]:
    """A socket object for a descriptor of other code, which is not closed with it."""
    try:
        sock = _socket.socket(fileno=fd)
    except OSError:
        yield None
        return
    try:
        yield sock
    finally:
        sock.detach()
