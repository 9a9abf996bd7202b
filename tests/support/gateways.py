"""Gateways in processes of their own, in front of our server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai

from support.real_servers import free_port
from support.waiting import PATIENCE

PORTKEY = Path(__file__).parents[1] / "server" / "clients" / "portkey"
PORTKEY_PACKAGE = "@portkey-ai/gateway"


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, env: Mapping[str, str], folder: Path
) -> Iterator[None]:
    """A gateway in a process of its own, until it listens; ended by its own pid."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=os.environ | env, cwd=folder
        )
    try:
        end = time.monotonic() + PATIENCE
        while not _listens(port):
            text = log.read_text(errors="replace")[-3000:]
            assert process.poll() is None, text
            assert time.monotonic() < end, text
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def install_portkey(folder: Path) -> Path:
    """Portkey's gateway as `clients/portkey` pins it: on a newer node-server no stream works."""
    npm = shutil.which("npm")
    assert npm, "Portkey's gateway needs node and npm"
    made = shutil.copytree(PORTKEY, folder / "gateway")
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=made, check=True, capture_output=True)
    return made


def portkey_version() -> str:
    """The version of Portkey's gateway that is installed."""
    pinned = json.loads((PORTKEY / "package.json").read_text(encoding="utf-8"))
    return str(pinned["dependencies"][PORTKEY_PACKAGE])


@contextmanager
def portkey_client(
    installed: Path, config: Mapping[str, Any], scratch: Path, timeout: float = PATIENCE
) -> Iterator[openai.OpenAI]:
    """A client of Portkey's gateway, which is told its ways out by a header."""
    port = free_port()
    start = installed / "node_modules" / PORTKEY_PACKAGE / "build" / "start-server.js"
    command = ["node", "--require", str(installed / "loopback.cjs"), str(start)]
    told = {"x-portkey-config": json.dumps(config)}
    with (
        running([*command, f"--port={port}", "--headless"], port, scratch / "log", {}, scratch),
        openai.OpenAI(
            base_url=f"http://127.0.0.1:{port}/v1",
            api_key="k",
            max_retries=0,
            timeout=timeout,
            default_headers=told,
        ) as client,
    ):
        yield client
