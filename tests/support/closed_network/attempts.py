"""Attempts to reach a provider's host from Python, with each client, in an outage or without one.

    python attempts.py LOG RESULTS [--without-outage] [NAME ...]

Run by `sinks.py`, which writes to LOG what arrives at the listeners. For each attempt, RESULTS has
the outcome and what arrived.
"""

from __future__ import annotations

import _socket
import asyncio
import contextlib
import http.client
import importlib
import inspect
import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from socket import getaddrinfo as bound_before
from typing import Any

HOST = "api.openai.com"
URL = f"https://{HOST}/v1/models"
REALTIME = f"wss://{HOST}/v1/realtime"
VENDOR = "10.9.8.7"  # as in sinks.py
PROXY = "http://10.9.8.8:3128"
GATEWAY = f"http://{VENDOR}:4000"  # the value of GROQ_BASE_URL
KEY = {"authorization": "Bearer sk-of-the-developer"}
LIMIT = 2.0  # seconds for an attempt
MARK = "\0the outages begin"  # the name of a socket that does not exist, for the log of strace

_real_sleep = time.sleep
_BARE_TLS = ssl._create_unverified_context()
ATTEMPTS: dict[str, Callable[[], Any]] = {}
ENVIRONMENTS: dict[str, dict[str, str]] = {}  # variables of an attempt
BEFORE: dict[str, Any] = {}  # objects that were made before the outage

# These may connect, because the destination cannot be known: an address that was looked up before
# the outage, or a proxy that the code itself names. The bytes that they send are refused.
CONNECTS = {
    "an address that was looked up before",
    "http to an address that was looked up before",
    "open tls to an address that was looked up before",
    "pysocks",
    "websockets with a proxy",
}


def attempt(function: Callable[[], Any]) -> Callable[[], Any]:
    name = function.__name__.replace("_", " ").strip()
    if inspect.iscoroutinefunction(function):
        ATTEMPTS[name] = lambda: asyncio.run(function())
    else:
        ATTEMPTS[name] = function
    return function


def behind_proxies(function: Callable[[], Any]) -> Callable[[], Any]:
    proxies = {"HTTPS_PROXY": PROXY, "HTTP_PROXY": PROXY}
    ENVIRONMENTS[function.__name__.replace("_", " ")] = proxies
    return function


def library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise LookupError(name) from None


# ---- clients that are simulated ------------------------------------------------------------------


@attempt
def httpx():
    return library("httpx").get(URL, headers=KEY, timeout=LIMIT).status_code


@attempt
async def httpx_async():
    async with library("httpx").AsyncClient(timeout=LIMIT) as client:
        return (await client.get(URL, headers=KEY)).status_code


@attempt
def httpx2():
    return library("httpx2").get(URL, headers=KEY, timeout=LIMIT).status_code


@attempt
async def aiohttp():
    async with (
        library("aiohttp").ClientSession() as session,
        session.get(URL, headers=KEY, ssl=False) as response,
    ):
        return response.status


@attempt
def urllib3():
    return library("urllib3").request("GET", URL, headers=KEY, timeout=LIMIT, retries=False).status


@attempt
def requests():
    return library("requests").get(URL, headers=KEY, timeout=LIMIT).status_code


@attempt
def botocore():
    boto3, config = library("boto3"), library("botocore.config")
    limits = config.Config(connect_timeout=LIMIT, read_timeout=LIMIT, retries={"max_attempts": 0})
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        config=limits,
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    reply = client.converse(
        modelId="anthropic.claude-3-haiku-20240307-v1:0",
        messages=[{"role": "user", "content": [{"text": "hi"}]}],
    )
    return reply["ResponseMetadata"]["HTTPStatusCode"]


# ---- the standard library's HTTP -----------------------------------------------------------------


@attempt
def http_client():
    connection = http.client.HTTPSConnection(HOST, timeout=LIMIT, context=_BARE_TLS)
    connection.request("GET", "/v1/models", headers=KEY)


@attempt
def http_client_connected_before():
    connection = BEFORE["connection"]
    connection.request("GET", "/v1/models", headers=KEY)


@attempt
def http_client_through_a_tunnel():
    connection = http.client.HTTPSConnection("10.9.8.8", 3128, timeout=LIMIT, context=_BARE_TLS)
    connection.set_tunnel(HOST)
    connection.request("GET", "/v1/models", headers=KEY)


@attempt
def urllib_request():
    urllib.request.urlopen(urllib.request.Request(URL, headers=KEY), timeout=LIMIT)


@behind_proxies
@attempt
def urllib_request_behind_proxies():
    urllib.request.urlopen(urllib.request.Request(URL, headers=KEY), timeout=LIMIT)


@behind_proxies
@attempt
def urllib_request_of_a_plain_gateway_behind_proxies():
    urllib.request.urlopen(urllib.request.Request(GATEWAY, headers=KEY), timeout=LIMIT)


@attempt
def urllib_request_with_a_proxy_handler():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": PROXY}))
    opener.open(urllib.request.Request(URL, headers=KEY), timeout=LIMIT)


# ---- sockets -------------------------------------------------------------------------------------


@contextlib.contextmanager
def tcp():
    with socket.socket() as sock:
        sock.settimeout(LIMIT)
        yield sock


@contextlib.contextmanager
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


@attempt
def socket_connect():
    with tcp() as sock:
        sock.connect((HOST, 443))


@attempt
def socket_connect_with_bytes():
    with tcp() as sock:
        sock.connect((b"API.OpenAI.com.", 443))


@attempt
def socket_connect_ex():
    with tcp() as sock:
        sock.connect_ex((HOST, 443))


@attempt
def socket_connect_bound_before():
    BEFORE["connect"]((HOST, 443))


@attempt
def socket_connect_as_a_function_from_before():
    with tcp() as sock:
        BEFORE["socket.connect"](sock, (HOST, 443))


@attempt
def socket_bind():
    with udp() as sock:
        sock.bind((HOST, 0))


@attempt
def socket_sendto():
    with udp() as sock:
        sock.sendto(b"hello", (HOST, 443))


@attempt
def socket_sendmsg():
    with udp() as sock:
        sock.sendmsg([b"hello"], [], 0, (VENDOR, 4000))


@attempt
def create_connection():
    socket.create_connection((HOST, 443), timeout=LIMIT).close()


@attempt
def getaddrinfo():
    socket.getaddrinfo(HOST, 443)


@attempt
def getaddrinfo_bound_before():
    bound_before(HOST, 443)


@attempt
def getaddrinfo_of__socket():
    _socket.getaddrinfo(HOST, 443)


@attempt
def gethostbyname():
    socket.gethostbyname(HOST)


@attempt
def gethostbyname_ex():
    socket.gethostbyname_ex(HOST)


@attempt
def gethostbyname_bound_before():
    BEFORE["gethostbyname"](HOST)


@attempt
def gethostbyaddr():
    socket.gethostbyaddr(HOST)


@attempt
def a_socket_of__socket():
    sock = _socket.socket()
    try:
        sock.settimeout(LIMIT)
        sock.connect((HOST, 443))
    finally:
        sock.close()


@attempt
def an_address_that_a_base_url_names():
    with tcp() as sock:
        sock.connect((VENDOR, 4000))
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")


@attempt
def an_address_of_a_gateways_name():
    address = socket.gethostbyname("llm.corp.invalid")  # OPENAI_BASE_URL names it with another port
    with tcp() as sock:
        sock.connect((address, 443))


@attempt
def an_address_that_was_looked_up_before():
    with tcp() as sock:
        sock.connect((BEFORE["address"], 443))
        _BARE_TLS.wrap_socket(sock, server_hostname=HOST)


@attempt
def http_to_an_address_that_was_looked_up_before():
    with tcp() as sock:
        sock.connect((BEFORE["address"], 80))
        sock.sendall(b"GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n")


@attempt
def a_name_server_by_hand():
    with udp() as sock:
        name = b"".join(bytes([len(part)]) + part.encode() for part in HOST.split("."))
        sock.sendto(b"\1\2\1\0\0\1\0\0\0\0\0\0" + name + b"\0\0\1\0\1", ("10.9.8.53", 53))


@attempt
def dnspython():
    library("dns.resolver").resolve(HOST, lifetime=LIMIT)


@attempt
def pysocks():
    socks = library("socks")
    with socks.socksocket() as sock:
        sock.set_proxy(socks.SOCKS5, "10.9.8.8", 3128, rdns=True)
        sock.settimeout(LIMIT)
        sock.connect((HOST, 443))


# ---- event loops ---------------------------------------------------------------------------------


@attempt
async def open_connection():
    await asyncio.wait_for(asyncio.open_connection(HOST, 443), LIMIT)


@attempt
async def loop_create_connection():
    loop = asyncio.get_running_loop()
    made = loop.create_connection(asyncio.Protocol, HOST, 443, ssl=_BARE_TLS)
    await asyncio.wait_for(made, LIMIT)


@attempt
async def open_connection_to_an_address_that_a_base_url_names():
    _, writer = await asyncio.wait_for(asyncio.open_connection(VENDOR, 4000), LIMIT)
    writer.write(b"GET / HTTP/1.1\r\nauthorization: Bearer sk-of-the-developer\r\n\r\n")
    await writer.drain()


@attempt
async def open_tls_to_an_address_that_was_looked_up_before():
    await asyncio.wait_for(
        asyncio.open_connection(BEFORE["address"], 443, ssl=_BARE_TLS, server_hostname=HOST), LIMIT
    )


@attempt
async def loop_sock_connect():
    with socket.socket() as sock:
        sock.setblocking(False)
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, (HOST, 443)), LIMIT)


@attempt
async def a_datagram_endpoint():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(HOST, 443)
    )
    transport.sendto(b"hello")
    await asyncio.sleep(0.01)


@attempt
def trio():
    async def scene():
        with library("trio").move_on_after(LIMIT):
            await library("trio").open_tcp_stream(HOST, 443)

    library("trio").run(scene)


@attempt
async def websockets():
    module = library("websockets")
    async with module.connect(
        REALTIME, additional_headers=KEY, open_timeout=LIMIT, ssl=_BARE_TLS
    ) as session:
        return session.response.status_code


@behind_proxies
@attempt
async def websockets_behind_proxies():
    module = library("websockets")
    async with module.connect(
        REALTIME, additional_headers=KEY, open_timeout=LIMIT, ssl=_BARE_TLS
    ) as session:
        return session.response.status_code


@behind_proxies
@attempt
def httpx_behind_proxies():
    return library("httpx").get(URL, headers=KEY, timeout=LIMIT).status_code


@behind_proxies
@attempt
def requests_behind_proxies():
    return library("requests").get(URL, headers=KEY, timeout=LIMIT).status_code


@behind_proxies
@attempt
def pycurl_behind_proxies():
    _curl().perform()


@attempt
async def websockets_with_a_proxy():
    module = library("websockets")
    async with module.connect(REALTIME, proxy=PROXY, open_timeout=LIMIT, ssl=_BARE_TLS):
        pass


@attempt
def websockets_sync():
    with library("websockets.sync.client").connect(
        REALTIME, additional_headers=KEY, open_timeout=LIMIT, ssl=_BARE_TLS
    ) as session:
        return session.response.status_code


@attempt
def websocket_client():
    session = library("websocket").create_connection(
        REALTIME, header=KEY, timeout=LIMIT, sslopt={"cert_reqs": ssl.CERT_NONE}
    )
    session.close()
    return session.getstatus()


@attempt
async def aiohttp_websocket():
    async with (
        library("aiohttp").ClientSession() as session,
        session.ws_connect(REALTIME, headers=KEY, ssl=False) as ws,
    ):
        return ws._response.status


# ---- native code ---------------------------------------------------------------------------------


@attempt
def grpc():
    module = library("grpc")
    with module.secure_channel("api.x.ai:443", module.ssl_channel_credentials()) as channel:
        channel.unary_unary("/xai_api.Chat/GetCompletion")(b"hi", timeout=LIMIT)


@attempt
def grpc_that_streams():
    module = library("grpc")
    with module.insecure_channel("dns:///api.x.ai:443") as channel:
        list(channel.unary_stream("/xai_api.Chat/GetCompletionChunk")(b"hi", timeout=LIMIT))


@attempt
def grpc_channel_from_before():
    with BEFORE.pop("grpc") as channel:
        channel.unary_unary("/xai_api.Chat/GetCompletion")(b"hi", timeout=LIMIT)


@attempt
def grpc_that_waits_for_its_channel():
    module = library("grpc")
    with module.insecure_channel("api.x.ai:443") as channel:
        module.channel_ready_future(channel).result(timeout=LIMIT)


@attempt
async def grpc_aio():
    module = library("grpc.aio")
    async with module.insecure_channel("api.x.ai:443") as channel:
        await channel.unary_unary("/xai_api.Chat/GetCompletion")(b"hi", timeout=LIMIT)


@attempt
async def grpc_aio_that_streams():
    module = library("grpc.aio")
    async with module.insecure_channel("api.x.ai:443") as channel:
        async for _ in channel.unary_stream("/xai_api.Chat/GetCompletion")(b"hi", timeout=LIMIT):
            pass


def _curl(url: str = URL):
    pycurl = library("pycurl")
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.TIMEOUT_MS, int(LIMIT * 1000))
    handle.setopt(pycurl.WRITEFUNCTION, len)
    return handle


@attempt
def pycurl():
    _curl().perform()


@attempt
def pycurl_to_an_address_that_a_base_url_names():
    _curl(GATEWAY).perform()


@attempt
def pycurl_that_was_set_up_before():
    BEFORE["curl"].perform()


@attempt
def pycurl_multi():
    multi = library("pycurl").CurlMulti()
    multi.add_handle(_curl())
    for _ in range(20):
        multi.perform()
        multi.select(0.1)


# ---- child processes -----------------------------------------------------------------------------


def ask_in_child(host: str = HOST) -> str:
    socket.create_connection((host, 443), timeout=LIMIT).close()
    return "reached"


def ask_by_httpx() -> int:
    return library("httpx").get(URL, headers=KEY, timeout=LIMIT).status_code


def _in_pool(method: str, job: Callable[[], Any]) -> Any:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(job).result(timeout=60)


@attempt
def a_pool_by_fork():
    return _in_pool("fork", ask_in_child)


@attempt
def a_pool_by_fork_with_httpx():
    return _in_pool("fork", ask_by_httpx)


@attempt
async def a_pool_by_fork_from_a_loop():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, ask_in_child)


@attempt
def a_pool_by_spawn():
    return _in_pool("spawn", ask_in_child)


@attempt
def a_pool_by_spawn_with_httpx():
    return _in_pool("spawn", ask_by_httpx)


@attempt
def a_pool_by_forkserver():
    return _in_pool("forkserver", ask_in_child)


@attempt
def a_process():
    process = multiprocessing.get_context("spawn").Process(target=ask_in_child)
    process.start()
    process.join(60)
    if process.exitcode:
        raise ChildProcessError(process.exitcode)


def _run(*command: str, **options: Any) -> None:
    subprocess.run(command, check=True, timeout=60, capture_output=True, **options)


@attempt
def a_python_child():
    _run(sys.executable, "-c", f"import socket; socket.create_connection(({HOST!r}, 443), 2)")


@attempt
def a_python_child_with_an_environment_of_its_own():
    code = f"import socket; socket.create_connection(({HOST!r}, 443), 2)"
    _run(sys.executable, "-c", code, env={"PATH": os.environ["PATH"]})


@attempt
def a_pool_from_before():
    return BEFORE["pool"].submit(ask_in_child).result(timeout=60)


@attempt
def a_pool_of_multiprocessing_from_before():
    return BEFORE["mp"].apply_async(ask_in_child).get(timeout=60)


@attempt
def a_map_of_a_pool_from_before():
    return BEFORE["mp"].map(ask_in_child, [HOST])


@attempt
def curl():
    _run("curl", "-sS", "--max-time", "2", URL)


@attempt
def curl_in_a_shell():
    subprocess.run(f"curl -sS --max-time 2 {URL} > /dev/null", shell=True, check=True, timeout=60)


@attempt
def curl_in_a_script():
    script = Path(sys.argv[2]).with_suffix(".sh")
    script.write_text(f"curl -sS --max-time 2 {URL}\n")
    _run("sh", str(script))


@attempt
def curl_by_os_system():
    if os.system(f"curl -sS --max-time 2 {URL} > /dev/null 2>&1"):
        raise ChildProcessError


@attempt
def curl_by_posix_spawn():
    child = os.posix_spawn("/usr/bin/env", ["env", "curl", "-sS", "-m2", URL], os.environ)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise ChildProcessError


@attempt
async def curl_by_asyncio():
    child = await asyncio.create_subprocess_exec("curl", "-sS", "--max-time", "2", URL)
    if await child.wait():
        raise ChildProcessError


# ---- the run -------------------------------------------------------------------------------------


@contextlib.contextmanager
def variables(**names: str):
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


async def _start_the_poller_of_grpc_aio() -> None:
    BEFORE["grpc.aio"] = library("grpc.aio").insecure_channel("127.0.0.1:1")


def prepare() -> None:
    """Make the objects that an app or a fixture may hold when the outage begins."""
    BEFORE["address"] = socket.gethostbyname(HOST)
    BEFORE["gethostbyname"] = socket.gethostbyname
    BEFORE["socket"] = socket.socket()
    BEFORE["socket"].settimeout(LIMIT)
    BEFORE["connect"] = BEFORE["socket"].connect
    BEFORE["socket.connect"] = socket.socket.connect
    BEFORE["connection"] = http.client.HTTPConnection(HOST, 80, timeout=LIMIT)
    BEFORE["connection"].connect()
    with contextlib.suppress(LookupError):
        module = library("grpc")
        BEFORE["grpc"] = module.insecure_channel("api.x.ai:443")
        asyncio.run(_start_the_poller_of_grpc_aio())
    with contextlib.suppress(LookupError):
        BEFORE["curl"] = _curl()
    BEFORE["pool"] = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    BEFORE["pool"].submit(os.getpid).result(timeout=60)
    BEFORE["mp"] = multiprocessing.get_context("forkserver").Pool(1)


def outcome_of(run: Callable[[], Any], *, outage: Any) -> str:
    """The outcome of an attempt: "answered", an error, or "absent" if its library is missing."""
    outcome = "absent"
    try:
        with outage():
            try:
                outcome = f"answered {run()}"
            except LookupError:
                raise
            except BaseException as error:
                outcome = f"{type(error).__name__}: {error}"[:300]
    except LookupError as error:
        outcome = f"absent: {error}"
    except BaseException as error:
        if not outcome.startswith(type(error).__name__):
            outcome = f"{outcome} | at the end {type(error).__name__}: {error}"[:600]
    return outcome


def main(log: str, results: str, *flags: str) -> None:
    if "--without-outage" in flags:
        outage: Any = contextlib.nullcontext
    else:
        from chaos_llm import outage  # noqa: PLC0415 - only here
    os.environ["GROQ_BASE_URL"] = GATEWAY
    os.environ["OPENAI_BASE_URL"] = "http://llm.corp.invalid:443"
    prepare()
    chosen = [flag for flag in flags if not flag.startswith("--")]
    _real_sleep(0.2)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as mark:
        mark.connect(MARK)
    seen = len(Path(log).read_text().splitlines())
    ended: dict[str, Any] = {}
    for name, run in ATTEMPTS.items():
        if chosen and name not in chosen:
            continue
        with variables(**ENVIRONMENTS.get(name, {})):
            outcome = outcome_of(run, outage=outage)
        _real_sleep(0.05)
        lines = Path(log).read_text().splitlines()
        ended[name] = {"outcome": outcome, "arrived": [json.loads(line) for line in lines[seen:]]}
        seen = len(lines)
        Path(results).write_text(json.dumps(ended, indent=1))
    BEFORE["mp"].terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
