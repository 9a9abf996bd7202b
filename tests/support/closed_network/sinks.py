"""A network without a route to the internet, with listeners for the vendors, and a command in it.

    unshare --net --mount --map-root-user python sinks.py LOG COMMAND...

Every name resolves to one address on the loopback interface that is no loopback address, so a leak
shows in `strace`, too. What arrives is appended to LOG, one JSON object a line. The command's
return code becomes the one of this script.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

VENDOR, NAME_SERVER, PROXY = "10.9.8.7", "10.9.8.53", "10.9.8.8"
PORTS = (80, 443, 4000)
PROXY_PORT = 3128


def main(log: str, *command: str) -> int:
    _set_the_network_up()
    sinks = Sinks(Path(log))
    for port in PORTS:
        sinks.listen(VENDOR, port)
        sinks.receive(VENDOR, port)
    sinks.listen(PROXY, PROXY_PORT, is_proxy=True)
    sinks.receive(NAME_SERVER, 53, answer=_resolved)
    return subprocess.run(command, check=False).returncode


def _set_the_network_up() -> None:
    for words in (
        "link set lo up",
        *(f"addr add {a}/32 dev lo" for a in (VENDOR, NAME_SERVER, PROXY)),
    ):
        subprocess.run(["ip", *words.split()], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n")
    Path(file.name).chmod(0o644)
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)


class Sinks:
    """Listeners that record connections and bytes, and then close the connection."""

    def __init__(self, log: Path) -> None:
        self._log, self._lock = log, threading.Lock()

    def _write(self, **what: object) -> None:
        with self._lock, self._log.open("a") as log:
            log.write(json.dumps(what) + "\n")

    def listen(self, address: str, port: int, *, is_proxy: bool = False) -> None:
        listener = socket.create_server((address, port), backlog=64)

        def serve() -> None:
            while True:
                peer, _ = listener.accept()
                self._write(kind="connection", port=port)
                threading.Thread(target=read, args=[peer], daemon=True).start()

        def read(peer: socket.socket) -> None:
            with peer, contextlib.suppress(OSError):
                peer.settimeout(60)
                received = self._read(peer, port)
                if is_proxy and received:
                    peer.sendall(b"\5\0" if received[0] == 5 else b"HTTP/1.1 200 OK\r\n\r\n")
                    self._read(peer, port)

        threading.Thread(target=serve, daemon=True).start()

    def _read(self, peer: socket.socket, port: int) -> bytes:
        received = peer.recv(65_536)
        if received:
            self._write(kind="bytes", port=port, received=received.decode("latin-1"))
        return received

    def receive(self, address: str, port: int, answer=None) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, port))

        def serve() -> None:
            while True:
                packet, peer = sock.recvfrom(65536)
                if answer is None:
                    self._write(kind="packet", port=port)
                    continue
                name, reply = answer(packet)
                self._write(kind="look-up", name=name)
                sock.sendto(reply, peer)

        threading.Thread(target=serve, daemon=True).start()


def _resolved(packet: bytes) -> tuple[str, bytes]:
    """The name in a query, and the reply: the vendor's address for A records."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    end = at + 5
    is_a = packet[at + 1 : at + 3] == b"\0\1"
    head = packet[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(VENDOR)
    return ".".join(labels), head + packet[12:end] + (record if is_a else b"")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
