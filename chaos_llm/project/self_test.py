"""A request by each installed HTTP client in an outage, which shows whether it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chaos_llm.errors import HarnessError

_URL = "https://api.anthropic.com/v1/messages"
_HEADERS = {"x-api-key": "sk-placeholder", "anthropic-version": "2023-06-01"}
_BODY: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi"}],
}
_ANSWERED = 200


def results() -> dict[str, str]:
    """What came of a request by each installed client: "answered", or the error."""
    found = {}
    for name, send in _SENDERS.items():
        try:
            found[name] = _result(send)
        except ModuleNotFoundError:  # it is not installed
            continue
    return found


def _result(send: Callable[[], int]) -> str:
    from chaos_llm import outage  # noqa: PLC0415 - slow

    try:
        with outage():
            status = send()
    except ModuleNotFoundError:
        raise
    except (Exception, HarnessError) as error:
        return f"{type(error).__name__}: {error}"
    return "answered" if status == _ANSWERED else f"status {status}"


def _httpx() -> int:
    import httpx  # noqa: PLC0415 - perhaps not installed

    return httpx.post(_URL, headers=_HEADERS, json=_BODY).status_code


def _aiohttp() -> int:
    import aiohttp  # noqa: PLC0415 - perhaps not installed

    async def send() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(_URL, headers=_HEADERS, json=_BODY) as reply,
        ):
            return reply.status

    return asyncio.run(send())


def _requests() -> int:
    import requests  # noqa: PLC0415 - perhaps not installed

    reply: Any = requests.post(_URL, headers=_HEADERS, json=_BODY, timeout=10)
    return int(reply.status_code)


_SENDERS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {"httpx": _httpx, "aiohttp": _aiohttp, "requests": _requests}
)
