"""`chaos-llm serve PROFILE --upstream`: what is healthy goes to the real vendor, the rest fails."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from support.real_servers import answering, reset, serving

from chaos_llm.faults import overloaded
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

ASKED = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}


def ask(server, **more):
    url = f"{server.base_url('anthropic')}/v1/messages"
    return httpx.post(url, json=ASKED, headers={"x-api-key": "k"}, timeout=60, **more)


@pytest.fixture
def vendor():
    with serving(answering("from the vendor")) as url:
        yield url


@pytest.fixture
def server(vendor):
    with ServerThread(Settings(upstream=[f"anthropic={vendor}"])) as thread:
        yield thread.hand()


def test_a_healthy_request_is_answered_by_the_vendor(server):
    assert ask(server).text == "from the vendor"
    (exchange,) = server.journal
    assert (exchange.status, exchange.end) == (200, "complete")


def test_a_request_that_a_fault_hits_never_reaches_the_vendor(server):
    server.on("anthropic").inject(overloaded(), times=1)
    assert ask(server).status_code == 529
    assert ask(server).text == "from the vendor"


def test_the_vendor_gets_the_request_as_it_was_made():
    class Echo(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.send_header("x-path", self.path)
            self.send_header("x-key", self.headers["x-api-key"])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    body = json.dumps(ASKED | {"padding": "x" * 200_000})
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as vendor:
        threading.Thread(target=vendor.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{vendor.server_address[1]}/gateway"
        with ServerThread(Settings(upstream=[address])) as thread:
            target = f"{thread.hand().base_url('anthropic')}/v1/messages?beta=true"
            reply = httpx.post(target, content=body, headers={"x-api-key": "k"}, timeout=60)
        vendor.shutdown()
    assert reply.text == body
    assert reply.headers["x-path"] == "/gateway/v1/messages?beta=true"
    assert reply.headers["x-key"] == "k"


def test_an_ending_of_the_vendor_reaches_the_client():
    with (
        serving(reset) as url,
        ServerThread(Settings(upstream=[url])) as thread,
        pytest.raises(httpx.TransportError),
    ):
        ask(thread.hand())


def test_a_vendor_that_cannot_be_reached_is_said():
    with ServerThread(Settings(upstream=["http://127.0.0.1:1"])) as thread:
        reply = ask(thread.hand())
    assert reply.status_code == 502
    assert "cannot be reached: refused" in reply.json()["error"]["message"]
