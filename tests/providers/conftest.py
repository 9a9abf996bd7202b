"""Every test that asks for a `provider` or an `endpoint` meets the whole catalogue.

An endpoint is one at which a model speaks. A file whose FORMATS name some meets those alone.
Sessions on websockets are not part of it: test_session_golden.py has them.
"""

from __future__ import annotations

import pytest
from support.wire_requests import is_cloud

from chaos_llm.providers import PROVIDERS
from chaos_llm.providers.model_endpoint import ModelEndpoint

ENDPOINTS = [
    provider
    for provider in PROVIDERS
    if isinstance(provider, ModelEndpoint)
    and not is_cloud(provider)
    and provider.api != "completions"  # which knows one prompt and no tools: tests/endpoints
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = getattr(metafunc.module, "FORMATS", None)
    for name, providers in (("provider", PROVIDERS), ("endpoint", ENDPOINTS)):
        if name in metafunc.fixturenames:
            named = {f"{provider.name}-{provider.api}": provider for provider in providers}
            ids = [each for each in named if chosen is None or each in chosen]
            metafunc.parametrize(name, [named[each] for each in ids], ids=ids)
