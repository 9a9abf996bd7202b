"""CPU time of one POST in process, compared with respx, pytest-httpx and vcrpy in the same run.

    pip install respx pytest-httpx vcrpy
    python benchmarks/one_call.py [--rounds 15] [--fail-above 0.9] [--than OTHER_CHECKOUT]

Each contender lives in a process of its own and makes blocks of 50 calls in turn, because the
machine may be shared; of all its blocks the lower quartile counts. Measured is what a contender
costs above a MockTransport that returns the same reply, and the ratio is to respx with one route.
`--fail-above` measures again where the ratio is larger, and fails if no run of five keeps it.
`--than` adds an older checkout of this project, for a comparison before and after a change.
"""

# ruff: noqa: PLC0415 - a contender imports its own library only

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

BLOCK = 50  # calls
RUNS = 5  # at most, until one keeps the bound
URL = "https://api.anthropic.com/v1/messages"
HEADERS = {
    "x-api-key": "sk-test",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
}
ANSWER = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-4-6",
    "content": [{"type": "text", "text": "Your order KX-48213 left on Monday."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 12, "output_tokens": 9},
}
CONTENDERS = ("ours", "ours, new bodies", "mock of ours", "respx", "pytest-httpx", "vcrpy", "mock")


def body(number: int) -> bytes:
    """The body of a request; its number makes it a new one."""
    text = f"Where is my order KX-{10_000 + number % 90_000}?"
    message = {"role": "user", "content": text}
    return json.dumps(
        {"model": "claude-opus-4-6", "max_tokens": 500, "messages": [message]}
    ).encode()


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """A healthy outage; its journal grows as in a test."""
    from chaos_llm import outage

    with outage(seed=1):
        yield


@contextlib.contextmanager
def respx() -> Iterator[None]:
    """One route of respx."""
    import httpx
    import respx

    with respx.mock:
        respx.post(URL).mock(return_value=httpx.Response(200, json=ANSWER))
        yield


@contextlib.contextmanager
def pytest_httpx() -> Iterator[None]:
    """One reusable response of pytest-httpx, installed as its fixture does it."""
    import httpx
    from pytest_httpx._httpx_mock import HTTPXMock
    from pytest_httpx._options import _HTTPXMockOptions

    mock = HTTPXMock(_HTTPXMockOptions(can_send_already_matched_responses=True))
    mock.add_response(url=URL, json=ANSWER, is_reusable=True)
    real = httpx.HTTPTransport.handle_request
    httpx.HTTPTransport.handle_request = partialmethod(_of_pytest_httpx, mock)
    try:
        yield
    finally:
        httpx.HTTPTransport.handle_request = real


def _of_pytest_httpx(transport, mock, request):
    return mock._handle_request(transport, request)


@contextlib.contextmanager
def vcrpy() -> Iterator[None]:
    """A cassette of vcrpy with one request, which is played again and again."""
    import vcr

    entry = {
        "request": {"method": "POST", "uri": URL, "body": None, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": json.dumps(ANSWER)},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.json"
        path.write_text(json.dumps({"version": 1, "interactions": [entry]}))
        with vcr.use_cassette(
            str(path),
            serializer="json",
            record_mode="none",
            allow_playback_repeats=True,
            match_on=("method", "uri"),
        ):
            yield


def transport(name: str):
    """A MockTransport with our reply or with the stub of the others; None for the real one."""
    import httpx

    if name == "mock":
        return httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWER))
    if name == "mock of ours":
        with ours(), httpx.Client(verify=False) as client:
            reply = client.post(URL, headers=HEADERS, content=body(0))
        headers, content = reply.headers.multi_items(), reply.content
        return httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=content))
    return None


INSTALLED: dict[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "ours": ours,
    "ours, new bodies": ours,
    "respx": respx,
    "pytest-httpx": pytest_httpx,
    "vcrpy": vcrpy,
}


def work(name: str) -> None:
    """Be a contender: for each line of the input, print the CPU microseconds of a call."""
    import httpx

    answering, number = transport(name), 0
    with INSTALLED.get(name, contextlib.nullcontext)():
        client = httpx.Client(transport=answering) if answering else httpx.Client(verify=False)
        while sys.stdin.readline():
            bodies = [body(number + n if "new" in name else 0) for n in range(BLOCK)]
            number += BLOCK
            begins = time.process_time()
            for each in bodies:
                client.post(URL, headers=HEADERS, content=each).json()
            used = (time.process_time() - begins) / BLOCK * 1e6
            sys.stdout.write(f"{used}\n")
            sys.stdout.flush()


class Contender:
    """A process that makes blocks of calls, and what they have cost."""

    def __init__(self, name: str, checkout: Path) -> None:
        self.name, self.blocks = name, []
        environ = os.environ | {"PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, "--work", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        for _ in range(4):  # imports and caches
            self.block()
        self.blocks.clear()

    def block(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.blocks.append(float(self.process.stdout.readline()))

    @property
    def cost(self) -> float:
        return statistics.quantiles(self.blocks, n=4)[0]

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def measured(rounds: int, than: Path | None) -> dict[str, Contender]:
    """All contenders after so many rounds of eight blocks each, in rotated order."""
    here = Path(__file__).parents[1]
    contenders = [Contender(name, here) for name in CONTENDERS]
    if than:
        contenders += [Contender(name, than.resolve()) for name in CONTENDERS[:2]]
        for older in contenders[-2:]:
            older.name += ", before"
    try:
        for turn in range(rounds * 8):
            for place in range(len(contenders)):
                contenders[(turn + place) % len(contenders)].block()
    finally:
        for each in contenders:
            each.end()
    return {each.name: each for each in contenders}


def above_floor(contender: Contender, all_of_them: dict[str, Contender]) -> float:
    floor = "mock of ours" if contender.name.startswith("ours") else "mock"
    return contender.cost - all_of_them[floor].cost


def show(found: dict[str, Contender]) -> float:
    """Print what each contender costs, and return our ratio to respx."""
    anchor = above_floor(found["respx"], found)
    for each in found.values():
        low, _, high = statistics.quantiles(each.blocks, n=4)
        more = above_floor(each, found)
        ratio = f"{more:6.1f} us above its mock, {more / anchor:.2f} x respx"
        shown = "" if each.name.startswith("mock") else ratio
        print(f"{each.name:25} {low:6.1f} us a call [{low:.0f}-{high:.0f}]  {shown}")
    return above_floor(found["ours"], found) / anchor


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--fail-above", type=float, metavar="RATIO")
    parser.add_argument("--than", type=Path, metavar="OTHER_CHECKOUT")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return 0
    if options.fail_above is None:
        show(measured(options.rounds, options.than))
        return 0
    # Other programs disturb a run now and then; a slowdown shows in each.
    runs = (show(measured(options.rounds, options.than)) for _ in range(RUNS))
    return int(all(ratio > options.fail_above for ratio in runs))


if __name__ == "__main__":
    sys.exit(main())
