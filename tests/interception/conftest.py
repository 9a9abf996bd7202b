"""A test that asks for `http` meets each HTTP library there is, sync and async."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode puts no test folder on the path, and these tests share their clients
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "providers"))  # the scenes of the SDKs

from bare_clients import HTTPS
from real_servers import answering, serving


@pytest.fixture
def loopback():
    """The address of a real server on this machine that says "real"."""
    with serving(answering("real")) as address:
        yield address


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, https in (
        ("http", HTTPS),
        ("httpx_http", [http for http in HTTPS if http.library == "httpx"]),
        ("httpx2_http", [http for http in HTTPS if http.library == "httpx2"]),
    ):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, https, ids=str)
