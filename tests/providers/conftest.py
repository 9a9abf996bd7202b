"""Every test that asks for a `provider` or an `endpoint` meets the whole catalogue."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chaos_llm.providers import PROVIDERS

# pytest's importlib mode puts no test folder on the path, and these tests share their requests
sys.path.insert(0, str(Path(__file__).parent))

ENDPOINTS = [provider for provider in PROVIDERS if provider.surface == "api"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, providers in (("provider", PROVIDERS), ("endpoint", ENDPOINTS)):
        if name in metafunc.fixturenames:
            ids = [f"{provider.name}-{provider.api}" for provider in providers]
            metafunc.parametrize(name, providers, ids=ids)
