"""The host that the first bytes of real clients name."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest

from chaos_llm.interception.destinations import destination, question


class Wire(socket.socket):
    """A socket that keeps the bytes that are sent."""

    def __init__(self):
        self.sent = b""

    def sendall(self, data):
        self.sent += data


def of_http_client(method, url, tunnel=None):
    connection = http.client.HTTPConnection("proxy.invalid", 3128)
    connection.sock = wire = Wire()
    if tunnel:
        connection.sock = None
        return f"CONNECT {tunnel}:443 HTTP/1.1\r\nHost: {tunnel}:443\r\n\r\n".encode()
    connection.request(method, url)
    return wire.sent


def client_hello(name):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


def query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


NAMED = {
    "a request": (of_http_client("GET", "/v1/models"), "proxy.invalid", 3128, False),
    "a proxy": (of_http_client("POST", "http://api.openai.com/v1"), "api.openai.com", None, True),
    "a port": (of_http_client("POST", "http://10.9.8.7:4000/v1"), "10.9.8.7", 4000, True),
    "a tunnel": (of_http_client("", "", tunnel="api.openai.com"), "api.openai.com", 443, True),
    "TLS": (client_hello("api.anthropic.com"), "api.anthropic.com", None, False),
    "SOCKS 5": (b"\5\1\0\3\x0eapi.openai.com\1\xbb", "api.openai.com", 443, True),
    "SOCKS 4a": (b"\4\1\1\xbb\0\0\0\1me\0api.openai.com\0", "api.openai.com", 443, True),
    "IPv6": (b"GET / HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n", "::1", 8080, False),
}
UNNAMED = {
    "nothing": b"",
    "a first byte": b"\x16",
    "the begin of a record": b"\x16\3\1\2\0\2",
    "a hello without a name": client_hello("127.0.0.1"),
    "a greeting of SOCKS": b"\5\1\0",
    "half a line": b"GET /",
    "no host": b"GET / HTTP/1.1\r\nhost: [half\r\n\r\n",
    "SQL": b"SELECT 1",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
}


@pytest.mark.parametrize("protocol", NAMED)
def test_the_first_bytes_of_a_protocol_name_a_host(protocol):
    data, *named = NAMED[protocol]
    assert destination(data) == tuple(named)


@pytest.mark.parametrize("what", UNNAMED)
def test_other_bytes_name_none(what):
    assert destination(UNNAMED[what]) is None


def test_a_truncated_client_hello_raises_no_error():
    hello = client_hello("api.anthropic.com")
    for size in range(len(hello)):
        found = destination(hello[:size])
        assert found is None or "api.anthropic.com".startswith(found.host)


def test_a_dns_query_names_a_host():
    assert question(query("api.openai.com")) == ("api.openai.com", None, True)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 17,
        b"\x12\x34\x81" + query("a.example")[3:],
        query("a.example")[:12] + b"\xff" * 9,
    ],
    ids=["nothing", "no question", "a response", "no name"],
)
def test_other_packets_are_no_dns_query(packet):
    assert question(packet) is None
