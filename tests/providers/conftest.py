"""Every test that asks for a `provider` or an `endpoint` meets the whole catalogue.

An endpoint is one at which a model speaks. A file whose FORMATS name some meets those alone.
Sessions on websockets are not HTTP: test_session_golden.py has them.
"""

from __future__ import annotations

import pytest
from support.wire_requests import CLOUDS, SESSIONS

from chaos_llm.providers import PROVIDERS
from chaos_llm.providers.model_endpoint import ModelEndpoint

OVER_HTTP = [provider for provider in PROVIDERS if provider.api not in SESSIONS]
ENDPOINTS = [
    provider
    for provider in OVER_HTTP
    if isinstance(provider, ModelEndpoint) and provider.name not in CLOUDS
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = getattr(metafunc.module, "FORMATS", None)
    for name, providers in (("provider", OVER_HTTP), ("endpoint", ENDPOINTS)):
        if name in metafunc.fixturenames:
            named = {f"{provider.name}-{provider.api}": provider for provider in providers}
            ids = [each for each in named if chosen is None or each in chosen]
            metafunc.parametrize(name, [named[each] for each in ids], ids=ids)
