"""The fixture `http`: each HTTP library that is installed, with a sync and an async client."""

from __future__ import annotations

import pytest
from support.http_clients import HTTPS
from support.real_servers import answering, serving


@pytest.fixture
def loopback():
    """The address of a real server on this machine that answers "real"."""
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
